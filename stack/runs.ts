import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Holds all that stacks leave on the disk: one directory a run, and the class paths found. */
export const STACK_DIRECTORY = path.join(import.meta.dirname, '..', '.stack')

const OWNER = 'owner.pid'

/** A new directory for one run. What runs that were killed left behind is removed first. */
export async function createRunDirectory(base: string = STACK_DIRECTORY): Promise<string> {
  await mkdir(base, { recursive: true })
  await sweep(base)
  const directory = await mkdtemp(path.join(base, 'run-'))
  await writeFile(path.join(directory, OWNER), `${process.pid}\n`)
  return directory
}

/** From now on nobody removes it. */
export async function keepRunDirectory(directory: string): Promise<void> {
  await rm(path.join(directory, OWNER), { force: true })
}

async function sweep(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    if (!name.startsWith('run-')) continue
    const directory = path.join(base, name)
    if (await ownerIsGone(directory)) await rm(directory, { recursive: true, force: true })
  }
}

async function ownerIsGone(directory: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(path.join(directory, OWNER), 'utf8'))
    return pid > 0 && !isAlive(pid)
  } catch {
    return false
  }
}

/** Whether there is a process of this id. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
