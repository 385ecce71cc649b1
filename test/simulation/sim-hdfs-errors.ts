import { AlreadyExistsError, type FileSystemFailure, NotFoundError } from '../../src/core/errors.ts'

/** What the simulated servers of HDFS say when they refuse. */
export function failed(
  op: string,
  path: string,
  detail: string,
  more: Partial<FileSystemFailure> = {},
): FileSystemFailure {
  const nameNode = 'sim'
  const rest = { status: undefined, exception: undefined, ambiguous: false, hint: 'Simulated.' }
  return { op, path, nameNode, detail, ...rest, ...more }
}

export function missing(op: string, path: string): NotFoundError {
  return new NotFoundError(failed(op, path, 'not there'))
}

export function taken(op: string, path: string): AlreadyExistsError {
  return new AlreadyExistsError(failed(op, path, 'there already'))
}
