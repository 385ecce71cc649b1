import type { ErrorAction, FileSystemFailure } from '../core/errors.ts'
import { FileSystemError } from '../core/errors.ts'

/*
 * One class per cause. Those that the sink has to tell apart (NotFoundError, AlreadyExistsError,
 * OtherNameNodeError) are in core/errors.ts.
 */

/** The user may not do this. Heals when somebody grants the permission: hence `retry`. */
export class PermissionDeniedError extends FileSystemError {
  readonly action = 'retry'
}

/** A quota of names or of space is used up. Heals when somebody frees or raises it. */
export class QuotaExceededError extends FileSystemError {
  readonly action = 'retry'
}

/** The NameNode is in safe mode: it answers reads and refuses every change. */
export class SafeModeError extends FileSystemError {
  readonly action = 'retry'
}

/** The NameNode is starting. */
export class NameNodeNotReadyError extends FileSystemError {
  readonly action = 'retry'
}

/** No DataNode takes the file: none is alive, or all are full or excluded. */
export class NoDataNodeError extends FileSystemError {
  readonly action = 'retry'
}

/** No connection to the NameNode: the request was never sent. */
export class NameNodeUnreachableError extends FileSystemError {
  readonly action: ErrorAction
  constructor(failure: FileSystemFailure, otherNameNodes: boolean) {
    super(failure)
    this.action = otherNameNodes ? 'other-namenode' : 'retry'
  }
}

/** None of several NameNodes is active at the moment. */
export class NoActiveNameNodeError extends FileSystemError {
  readonly action = 'retry'
}

/** No connection to the DataNode: not a byte of the file was sent. */
export class DataNodeUnreachableError extends FileSystemError {
  readonly action = 'retry'
}

/** The DataNode took the upload and could not finish it. */
export class DataNodeFailedError extends FileSystemError {
  readonly action = 'retry'
}

/** No answer, or no progress of an upload, for as long as is allowed. */
export class RequestTimeoutError extends FileSystemError {
  readonly action = 'retry'
}

/** The connection broke before the answer was complete. */
export class ConnectionLostError extends FileSystemError {
  readonly action = 'retry'
}

/** An HTTP error that is not HDFS's own: overload, a proxy, a daemon that is going down. */
export class ServiceUnavailableError extends FileSystemError {
  readonly action = 'retry'
}

/** A RemoteException that is not known here. */
export class ServerFailureError extends FileSystemError {
  readonly action = 'retry'
}

/** An answer that says success but does not hold what the operation promises. */
export class UnexpectedAnswerError extends FileSystemError {
  readonly action = 'retry'
}

/** The DataNode said 201, but the file does not have as many bytes as were sent. */
export class UploadIncompleteError extends FileSystemError {
  readonly action = 'retry'
  readonly expectedBytes: number
  /** undefined when there is no file at all. */
  readonly foundBytes: number | undefined
  constructor(failure: FileSystemFailure, expectedBytes: number, foundBytes: number | undefined) {
    super(failure)
    this.expectedBytes = expectedBytes
    this.foundBytes = foundBytes
  }
}

/** The NameNode sent us to a host that is not among the allowed ones. */
export class RedirectRefusedError extends FileSystemError {
  readonly action = 'retry'
}

/** The caller's signal fired, or the file system was closed. */
export class CallAbortedError extends FileSystemError {
  readonly action = 'retry'
}

/** HDFS will never accept this request: an illegal name, a limit, an encryption zone's border. */
export class RequestRefusedError extends FileSystemError {
  readonly action = 'stop-partition'
}

/** A parent of this path is a file. */
export class NotADirectoryError extends FileSystemError {
  readonly action = 'stop-partition'
}

/** Who we are is not accepted. */
export class AuthenticationError extends FileSystemError {
  readonly action = 'stop-process'
}

/** This is not a WebHDFS server, or it lacks or ignores something that safety depends on. */
export class UnsupportedServerError extends FileSystemError {
  readonly action = 'stop-process'
}
