/*
 * What a test opens ends with it, whether it passed or not. Under vitest scope-setup.ts hands this to
 * the test that runs; a plain process (`npm run torture`) ends what it opened itself, and what is
 * left by `endAll`.
 */

/** Ends something; may be called when it has ended already. */
export type Ending = () => unknown

/** No ending is called twice, and none after it was forgotten. */
export type Forget = () => void

const open = new Set<Ending>()
let register: (ending: Ending) => void = () => undefined

/** `ending` is called when whoever runs now is done. */
export function whenDone(ending: Ending): Forget {
  open.add(ending)
  register(async () => {
    if (open.delete(ending)) await ending()
  })
  return () => void open.delete(ending)
}

/** From now on a test framework knows when that is. */
export function doneIsKnownBy(framework: (ending: Ending) => void): void {
  register = framework
}

/** Where no framework knows: ends what is still open, the newest first. */
export async function endAll(): Promise<void> {
  for (const ending of [...open].reverse()) {
    open.delete(ending)
    await ending()
  }
}
