import { isatty } from 'node:tty'
import {
  type DestinationStream,
  destination,
  type Logger,
  pino,
  stdSerializers,
  stdTimeFunctions,
} from 'pino'
import { PinoPretty as pretty } from 'pino-pretty'

export type { Logger } from 'pino'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface LoggerOptions {
  readonly level?: LogLevel
  /** `auto`: pretty where the descriptor is a terminal, JSON lines elsewhere. */
  readonly format?: 'auto' | 'json' | 'pretty'
  readonly name?: string
  /** On every line, e.g. `{ worker: 2 }`. */
  readonly bindings?: Readonly<Record<string, string | number>>
  /** Standard error unless told: standard output is for data. */
  readonly fileDescriptor?: number
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Is told what is logged as a warning or worse. */
  readonly onProblem?: (level: 'warn' | 'error' | 'fatal', data: unknown, text: string) => void
}

/** By pino's numbers. */
const PROBLEMS: ReadonlyMap<number, 'warn' | 'error' | 'fatal'> = new Map([
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
])

/**
 * One per thread. Every line is written before the call returns, by a write to the descriptor
 * itself: nothing is lost at exit, and a worker's lines do not wait for the main thread.
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { level = 'info', format = 'auto', name, bindings, fileDescriptor = 2 } = options
  const { onProblem } = options
  // Not process.stderr.isTTY, which worker threads lack.
  const terminal = isatty(fileDescriptor)
  const isPretty = format === 'pretty' || (format === 'auto' && terminal)
  return pino(
    {
      level,
      base: { ...(name === undefined ? {} : { name }), ...bindings },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.errWithCause, error: stdSerializers.errWithCause },
      hooks: {
        logMethod(args, method, severity) {
          const problem = PROBLEMS.get(severity)
          const [first, text] = args
          if (problem !== undefined) onProblem?.(problem, first, String(text ?? first))
          method.apply(this, args)
        },
      },
    },
    isPretty
      ? prettyLines(fileDescriptor, terminal && wantsColor(options.environment ?? process.env))
      : destination({ fd: fileDescriptor, sync: true }),
  )
}

function prettyLines(fileDescriptor: number, colorize: boolean): DestinationStream {
  return pretty({
    destination: fileDescriptor,
    sync: true,
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    errorLikeObjectKeys: ['err', 'error'],
  })
}

/** By https://no-color.org a value that is not empty switches colours off. */
function wantsColor(environment: Readonly<Record<string, string | undefined>>): boolean {
  return !environment.NO_COLOR && environment.TERM !== 'dumb'
}
