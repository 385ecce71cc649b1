import type { FileSystemFailure } from '../core/errors.ts'
import {
  AlreadyExistsError,
  type FileSystemError,
  NotFoundError,
  OtherNameNodeError,
} from '../core/errors.ts'
import { HttpRefusal, TransportError } from './answers.ts'
import * as errors from './errors.ts'

/** Where a request went and what it was, for the error that comes of it. */
export interface RequestContext {
  readonly op: string
  readonly path: string
  readonly nameNode: string
  /** host:port, when it was a DataNode that was asked. */
  readonly dataNode?: string | undefined
  /** false for a request that changes nothing. */
  readonly mutates: boolean
  /** An earlier request of this operation may have had its effect, whatever becomes of this one. */
  readonly inDoubt: boolean
  readonly severalNameNodes: boolean
}

interface Rule {
  readonly error: new (failure: FileSystemFailure) => FileSystemError
  readonly hint: string
  /** Also a DataNode says this before it creates the file. */
  readonly beforeWriting?: true
  /** The change may have happened, whoever says this. */
  readonly afterwards?: true
}

const lookAgain = 'Nothing to do: the sink looks at the state again.'
const retried = 'It is tried again.'

const notFound: Rule = { error: NotFoundError, hint: lookAgain, beforeWriting: true }
const alreadyExists: Rule = { error: AlreadyExistsError, hint: lookAgain, beforeWriting: true }
const otherNameNode: Rule = {
  error: OtherNameNodeError,
  hint: 'The URLs of all NameNodes must be configured.',
}
const notReady: Rule = { error: errors.NameNodeNotReadyError, hint: retried }
const safeMode: Rule = {
  error: errors.SafeModeError,
  hint: `If it stays so, look why (hdfs dfsadmin -safemode get). ${retried}`,
}
const permission: Rule = {
  error: errors.PermissionDeniedError,
  hint: `Grant the user this access, or configure another user. ${retried}`,
  beforeWriting: true,
}
const notADirectory: Rule = {
  error: errors.NotADirectoryError,
  hint: 'Move that file away, or choose another path.',
  beforeWriting: true,
}
const quota: Rule = {
  error: errors.QuotaExceededError,
  hint: `Raise or free the quota (hdfs dfs -count -q); writing reserves whole blocks. ${retried}`,
}
const noDataNode: Rule = {
  error: errors.NoDataNodeError,
  hint: `Check that DataNodes are alive and have space (hdfs dfsadmin -report). ${retried}`,
}
const dataNodeFailed: Rule = { error: errors.DataNodeFailedError, hint: retried, afterwards: true }
const authentication: Rule = {
  error: errors.AuthenticationError,
  hint: 'Check the configured user, and whether the cluster requires Kerberos.',
}
const refused: Rule = {
  error: errors.RequestRefusedError,
  hint: 'Repeating it cannot help: change the path or what limits it, then start again.',
  beforeWriting: true,
}
const unsupported: Rule = {
  error: errors.UnsupportedServerError,
  hint: 'The URLs must be those of NameNodes that serve WebHDFS (by default port 9870).',
}
const noXattrs: Rule = {
  error: errors.UnsupportedServerError,
  hint: 'Set dfs.namenode.xattrs.enabled to true on the NameNodes: the sink keeps its state there.',
}
const unknown: Rule = { error: errors.ServerFailureError, hint: retried, afterwards: true }

const byException = new Map<string, Rule>([
  ['FileNotFoundException', notFound],
  ['FileAlreadyExistsException', alreadyExists],
  ['AlreadyBeingCreatedException', alreadyExists],
  ['StandbyException', otherNameNode],
  ['ObserverRetryOnActiveException', otherNameNode],
  ['RetriableException', notReady],
  ['SafeModeException', safeMode],
  ['AccessControlException', permission],
  ['TraverseAccessControlException', permission],
  ['ParentNotDirectoryException', notADirectory],
  ['PathIsNotDirectoryException', notADirectory],
  ['NSQuotaExceededException', quota],
  ['DSQuotaExceededException', quota],
  ['QuotaByStorageTypeExceededException', quota],
  ['QuotaExceededException', quota],
  ['ClusterStorageCapacityExceededException', quota],
  ['SecurityException', authentication],
  ['AuthorizationException', authentication],
  ['AuthenticationException', authentication],
  ['InvalidToken', authentication],
  ['IllegalArgumentException', refused],
  ['HadoopIllegalArgumentException', refused],
  ['InvalidPathException', refused],
  ['PathComponentTooLongException', refused],
  ['MaxDirectoryItemsExceededException', refused],
  ['PathIsNotEmptyDirectoryException', refused],
  ['SnapshotException', refused],
  ['UnsupportedOperationException', unsupported],
  ['ConnectException', dataNodeFailed],
  ['ConnectTimeoutException', dataNodeFailed],
  ['SocketException', dataNodeFailed],
  ['SocketTimeoutException', dataNodeFailed],
  ['NoRouteToHostException', dataNodeFailed],
  ['UnknownHostException', dataNodeFailed],
  ['EOFException', dataNodeFailed],
  ['InterruptedIOException', dataNodeFailed],
])

/** Where one exception class stands for several causes, its message decides. */
const byMessage: readonly (readonly [exceptions: RegExp, message: RegExp, rule: Rule])[] = [
  [/^IOException$/, /^Failed to find datanode/, noDataNode],
  [/^IOException$/, /could only be (written|replicated) to \d+/, noDataNode],
  [/^IOException$/, /must both be directories|destination directory is not/, alreadyExists],
  [/^IOException$/, /^XAttr: .* already exists/, alreadyExists],
  [/^IOException$/, /^XAttr: .* does not exist/, notFound],
  [/IOException|Unsupported/, /dfs\.namenode\.xattrs\.enabled|XAttrs.*disabled/i, noXattrs],
  [
    /^IOException$/,
    /under source|encryption zone|exceed limit|snapshot|too big|^Concat operation doesn't/i,
    refused,
  ],
  [/IllegalArgument/, /webhdfs parameter "op"|^Invalid operation/, unsupported],
  [/IllegalArgument/, /webhdfs parameter "user\.name"/, authentication],
  [/AccessControl/, /\(is not a directory\)$/, notADirectory],
  [/^Security|^InvalidToken/, /StandbyException/, otherNameNode],
]

/** The error of a request that got no good answer. */
export function classify(cause: unknown, context: RequestContext): FileSystemError {
  if (cause instanceof HttpRefusal) return ofRefusal(cause, context)
  if (cause instanceof TransportError) return ofTransport(cause, context)
  // A defect of ours or of the package: nothing is known about the request.
  const detail = `failed in an unexpected way: ${String(cause)}`
  return new errors.ServerFailureError(
    failureOf(context, { detail, hint: 'Please report it.', ambiguous: true, cause }),
  )
}

/** What all errors of this request have in common. */
export function failureOf(
  context: RequestContext,
  found: Pick<FileSystemFailure, 'detail' | 'hint' | 'ambiguous'> & Partial<FileSystemFailure>,
): FileSystemFailure {
  const { op, path, nameNode, mutates, inDoubt } = context
  return {
    status: undefined,
    exception: undefined,
    ...found,
    op,
    path,
    nameNode,
    ambiguous: inDoubt || (mutates && found.ambiguous),
  }
}

function ofRefusal(refusal: HttpRefusal, context: RequestContext): FileSystemError {
  const { status, exception, message } = refusal
  const rule = ruleFor(refusal, context)
  const ambiguous =
    rule.afterwards ?? (context.dataNode !== undefined && rule.beforeWriting !== true)
  const who = context.dataNode === undefined ? '' : `DataNode ${context.dataNode} says: `
  const detail = `${who}${message.replace(/\.$/, '') || 'refused without a reason'}`
  return new rule.error(
    failureOf(context, { status, exception, detail, hint: rule.hint, ambiguous }),
  )
}

function ruleFor({ status, exception, message }: HttpRefusal, context: RequestContext): Rule {
  const rule = exception === undefined ? byStatus(status, context) : ruleOf(exception, message)
  // It has looked for an active NameNode for long: which one we may ask does not follow from that.
  return rule === otherNameNode && context.dataNode !== undefined ? dataNodeFailed : rule
}

function ruleOf(exception: string, message: string): Rule {
  const special = byMessage.find(
    ([exceptions, messages]) => exceptions.test(exception) && messages.test(message),
  )
  return special?.[2] ?? byException.get(exception) ?? unknown
}

/** An error page of a web server instead of HDFS's own error. */
function byStatus(status: number, { dataNode }: RequestContext): Rule {
  if (dataNode === undefined) {
    if (status === 401 || status === 403) return authentication
    if (status === 404 || status === 405) return unsupported
  }
  if (status === 400 || status === 414 || status === 431) return refused
  return { error: errors.ServiceUnavailableError, hint: retried, afterwards: true }
}

function ofTransport(error: TransportError, context: RequestContext): FileSystemError {
  const { dataNode, severalNameNodes } = context
  const peer = dataNode === undefined ? 'the NameNode' : `DataNode ${dataNode}`
  const cause = error.cause ?? error
  const failure = (detail: string, hint = retried) =>
    failureOf(context, { detail, hint, ambiguous: error.sent, cause })
  if (error.kind === 'aborted') {
    return new errors.CallAbortedError(failure('was cancelled', 'Nothing to do.'))
  }
  if (!error.sent) {
    const detail = `no connection to ${peer}: ${error.code}`
    const hint = `Check that it runs and that this host reaches it. ${retried}`
    return dataNode === undefined
      ? new errors.NameNodeUnreachableError(failure(detail, hint), severalNameNodes)
      : new errors.DataNodeUnreachableError(failure(detail, hint))
  }
  if (error.kind === 'timeout') {
    return new errors.RequestTimeoutError(failure(`no answer from ${peer} within the time allowed`))
  }
  if (error.kind === 'answer-too-large') {
    return new errors.UnexpectedAnswerError(failure(`${peer} sent more than can be read`))
  }
  return new errors.ConnectionLostError(
    failure(`the connection to ${peer} broke before its answer: ${error.code}`),
  )
}
