/** How far a long command is: a bar on a terminal, now and then a line elsewhere. Always on stderr. */
import { clearLine, cursorTo } from 'node:readline'

export interface Progress {
  /** `part`: how much of how much, where that is known. */
  report(text: string, part?: Part): void
  /** Before anything else is written. */
  end(): void
}

export interface Part {
  readonly done: number
  readonly total: number
}

export interface ProgressOptions {
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  /** Begins each line where there is no terminal. */
  readonly name: string
  readonly nowMs: () => number
  readonly environment: Readonly<Record<string, string | undefined>>
}

const LINE_EVERY_MS = 5_000
const DRAW_EVERY_MS = 100
const BAR_WIDTH = 24

export function progressTo(options: ProgressOptions): Progress {
  const isTerminal = options.stream.isTTY === true && options.environment.TERM !== 'dumb'
  return isTerminal ? bar(options) : lines(options)
}

/** One line that is written over again and again. */
function bar({ stream, nowMs }: ProgressOptions): Progress {
  let lastMs = Number.NEGATIVE_INFINITY
  const clear = () => {
    cursorTo(stream, 0)
    clearLine(stream, 0)
  }
  return {
    report(text, part) {
      if (nowMs() - lastMs < DRAW_EVERY_MS) return
      lastMs = nowMs()
      clear()
      const drawn = part === undefined ? text : `${drawBar(part)} ${text}`
      stream.write(drawn.slice(0, (stream.columns ?? 80) - 1))
    },
    end() {
      if (lastMs !== Number.NEGATIVE_INFINITY) clear()
    },
  }
}

function lines({ stream, name, nowMs }: ProgressOptions): Progress {
  let lastMs = nowMs()
  return {
    report(text, part) {
      if (nowMs() - lastMs < LINE_EVERY_MS) return
      lastMs = nowMs()
      const of = part === undefined ? '' : ` (${percentOf(part)} %)`
      stream.write(`${name}: ${text}${of}\n`)
    },
    end() {},
  }
}

function drawBar(part: Part): string {
  const percent = percentOf(part)
  const filled = Math.floor((percent / 100) * BAR_WIDTH)
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${String(percent).padStart(3)} %`
}

function percentOf({ done, total }: Part): number {
  return total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100))
}
