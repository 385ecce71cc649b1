import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { DaemonExit } from './types.ts'

/** Base of what the stack throws on purpose: the message is for people, a stack trace adds nothing. */
export abstract class StackError extends Error {
  override get name(): string {
    return this.constructor.name
  }
}

/** Something that has to be installed or started first. The message is one line. */
export class PrerequisiteError extends StackError {}

/** Maven could not bring the jars. */
export class JarsError extends StackError {
  constructor(found: string) {
    super(
      `Maven could not resolve the jars of Kafka and Hadoop: ${found}. ` +
        'It needs Maven Central or a mirror of it (settings.xml).',
    )
  }
}

/** The container engine answers but cannot give us what we need. */
export class EngineError extends StackError {}

/** A daemon ended, or did not become ready. */
export class DaemonError extends StackError {
  readonly daemon: string
  readonly logFile: string
  readonly logTail: string
  constructor(daemon: string, what: string, logFile: string) {
    const logTail = tail(logFile)
    super(`${daemon} ${what}. The end of its log, ${logFile}:\n${logTail}`)
    this.daemon = daemon
    this.logFile = logFile
    this.logTail = logTail
  }

  /** Whether another process took one of its ports in the meantime. */
  get portWasTaken(): boolean {
    return /BindException|Address already in use|port is already allocated/.test(this.logTail)
  }
}

/** A change of the active NameNode did not come about. */
export class FailoverError extends StackError {
  constructor(command: string, exitCode: number, output: string) {
    super(`hdfs haadmin ${command} ended with exit code ${exitCode}:\n${output}`)
  }
}

export function describeExit(exit: DaemonExit): string {
  return exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`
}

const TAIL_LINES = 15
const TAIL_BYTES = 16_384

function tail(file: string): string {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return '(no log)'
  }
  try {
    const size = fstatSync(descriptor).size
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES))
    readSync(descriptor, bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString().trimEnd().split('\n').slice(-TAIL_LINES).join('\n')
  } finally {
    closeSync(descriptor)
  }
}
