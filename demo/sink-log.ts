import { open } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'

const READ_BYTES = 65_536
const MOST_LINES = 20
const LEVELS_TO_SHOW = new Set(['warn', 'error', 'fatal'])

/** Finds in the sink's growing log what somebody should see: warnings, errors, and what is no log. */
export class SinkLog {
  readonly file: string
  readonly #decoder = new StringDecoder('utf8')
  #readBytes = 0
  #unfinished = ''
  #shown = 0
  #last = ''

  constructor(file: string) {
    this.file = file
  }

  /** What was added since the last call, without what repeats itself. */
  async news(): Promise<string[]> {
    const lines = `${this.#unfinished}${await this.#readOn()}`.split('\n')
    this.#unfinished = lines.pop() ?? ''
    const found = lines.flatMap(worthShowing).filter((line) => {
      const isRepeated = line === this.#last
      this.#last = line
      return !isRepeated
    })
    const shown = found.slice(0, Math.max(0, MOST_LINES - this.#shown))
    const isLast = this.#shown < MOST_LINES && this.#shown + found.length >= MOST_LINES
    this.#shown += found.length
    return isLast ? [...shown, 'and so on: see its log'] : shown
  }

  async #readOn(): Promise<string> {
    const file = await open(this.file).catch(() => undefined)
    if (file === undefined) return ''
    try {
      let text = ''
      for (;;) {
        const { bytesRead, buffer } = await file.read({
          buffer: Buffer.alloc(READ_BYTES),
          position: this.#readBytes,
        })
        if (bytesRead === 0) return text
        this.#readBytes += bytesRead
        text += this.#decoder.write(buffer.subarray(0, bytesRead))
      }
    } finally {
      await file.close()
    }
  }
}

/** A line of the log in few words, where somebody should see it. */
function worthShowing(line: string): string[] {
  if (line === '') return []
  try {
    const { level, msg, err, error } = JSON.parse(line) as Record<string, unknown>
    if (!LEVELS_TO_SHOW.has(String(level))) return []
    return [`${level}: ${msg}${causeOf(err ?? error)}`]
  } catch {
    return [line]
  }
}

/** kafkajs gives a text, everybody else an error. */
function causeOf(error: unknown): string {
  if (typeof error === 'string') return ` (${error})`
  const hasMessage = typeof error === 'object' && error !== null && 'message' in error
  return hasMessage ? ` (${error.message})` : ''
}
