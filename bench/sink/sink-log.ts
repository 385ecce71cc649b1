import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** One published flush, as the sink logs it. */
export interface LoggedFlush {
  readonly timeMs: number
  readonly topic: string
  readonly partition: number
  readonly startOffset: number
  readonly endOffset: number
  readonly records: number
}

interface Entry extends Omit<LoggedFlush, 'timeMs'> {
  readonly msg: string
  readonly time: string
  readonly level: string
  readonly url?: string
}

const KEPT_COMPLAINTS = 20

/** What a sink says on its standard error, followed line by line. */
export class SinkLog {
  readonly flushes: LoggedFlush[] = []
  /** The last errors. */
  readonly complaints: string[] = []
  /** Where it serves metrics and health; '' before it said so. */
  url = ''
  records = 0
  ended = false
  readonly #changed = new EventEmitter()

  constructor(lines: Readable) {
    this.#changed.setMaxListeners(0)
    const reading = createInterface({ input: lines })
    reading.on('line', (line) => {
      this.#take(line)
      this.#changed.emit('change')
    })
    reading.once('close', () => {
      this.ended = true
      this.#changed.emit('change')
    })
  }

  /**
   * Resolves when the condition holds; looked at after every line. Throws when the sink ended, and
   * the signal's reason when that aborts.
   */
  async until(what: string, holds: () => boolean, signal?: AbortSignal): Promise<void> {
    while (!holds()) {
      if (this.ended) {
        throw new Error(`the sink ended before ${what}\n${this.complaints.join('\n')}`)
      }
      await once(this.#changed, 'change', signal === undefined ? {} : { signal })
    }
  }

  #take(line: string): void {
    const entry = parse(line)
    if (entry === undefined || entry.level === 'error' || entry.level === 'fatal') {
      this.complaints.push(line)
      if (this.complaints.length > KEPT_COMPLAINTS) this.complaints.shift()
    } else if (entry.msg === 'flushed') {
      const { topic, partition, startOffset, endOffset, records } = entry
      const timeMs = Date.parse(entry.time)
      this.flushes.push({ timeMs, topic, partition, startOffset, endOffset, records })
      this.records += records
    } else if (entry.url !== undefined && entry.msg.startsWith('metrics')) this.url = entry.url
  }
}

/** Undefined for what is not from its logger. */
function parse(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry
  } catch {
    return undefined
  }
}
