import { styleText } from 'node:util'
import { createLogUpdate } from 'log-update'

/** Where the demo shows itself: results on standard output, all else on standard error. */
export interface Screen {
  /** Something begins, or is done. */
  step(text: string): void
  /** How far it is: one line that is rewritten on a terminal, a line now and then elsewhere. */
  progress(text: (columns: number) => string): void
  warn(text: string): void
  /** Keeps the last progress line, and goes on below it. */
  progressEnds(): void
  /** What the user came for. */
  result(text: string): void
  heading(text: string): void
  readonly columns: number | undefined
}

export interface ScreenOptions {
  /** On standard error, where that is no terminal. */
  readonly progressEveryMs: number
}

type Style = Parameters<typeof styleText>[0]

/** styleText knows NO_COLOR, FORCE_COLOR and streams that are no terminals. */
function onStderr(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stderr })
}

export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

export function createScreen({ progressEveryMs }: ScreenOptions): Screen {
  // A terminal may not know its size: 0 columns.
  const canRewrite =
    process.stderr.isTTY && process.stderr.columns > 0 && process.env.TERM !== 'dumb'
  const line = canRewrite ? rewrittenLine() : linesNowAndThen(progressEveryMs)
  const say = (text: string) => {
    line.clear()
    process.stderr.write(`${text}\n`)
  }
  const result = (text: string) => {
    line.clear()
    process.stdout.write(`${text}\n`)
  }
  return {
    step: (text) => say(`${onStderr('dim', 'demo:')} ${text}`),
    warn: (text) => say(onStderr('yellow', text)),
    progress: (text) => line.show(text),
    progressEnds: () => line.end(),
    result,
    heading: (text) => result(`\n${styled('bold', text)}`),
    columns: (process.stdout.isTTY && process.stdout.columns) || undefined,
  }
}

interface ProgressLine {
  show(text: (columns: number) => string): void
  clear(): void
  end(): void
}

function rewrittenLine(): ProgressLine {
  const update = createLogUpdate(process.stderr)
  return {
    show: (text) => update(text(process.stderr.columns)),
    clear: () => update.clear(),
    end: () => update.done(),
  }
}

function linesNowAndThen(everyMs: number): ProgressLine {
  let lastAt = Number.NEGATIVE_INFINITY
  let waiting = ''
  const write = (text: string) => {
    lastAt = performance.now()
    waiting = ''
    process.stderr.write(`${text}\n`)
  }
  return {
    show: (text) => {
      waiting = text(Number.POSITIVE_INFINITY)
      if (performance.now() - lastAt >= everyMs) write(waiting)
    },
    clear: () => undefined,
    end: () => {
      if (waiting !== '') write(waiting)
    },
  }
}
