import { webEvents } from '../../demo/web-events.ts'

/** What the records' values are: letters by chance of one length, or the demo's web events. */
export type ValueKind = `${number} B` | 'web events'

const SEED = 7
const EVENT_TIME_MS = Date.UTC(2026, 0, 1)
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Values one after the other, the same ones each time. */
export function valuesOf(kind: ValueKind): () => Buffer {
  if (kind === 'web events') return eventValues()
  return letterValues(Number.parseInt(kind, 10))
}

function eventValues(): () => Buffer {
  const next = webEvents(SEED)
  let count = 0
  return () => Buffer.from(JSON.stringify(next(EVENT_TIME_MS + count++)))
}

function letterValues(bytes: number): () => Buffer {
  let state = SEED
  return () => {
    const value = Buffer.alloc(bytes)
    for (let at = 0; at < bytes; at++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      value[at] = LETTERS.charCodeAt(Math.floor((state / 2 ** 32) * LETTERS.length))
    }
    return value
  }
}
