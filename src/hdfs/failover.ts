import { FileSystemError, OtherNameNodeError } from '../core/errors.ts'
import { classify, failureOf, type RequestContext } from './classify.ts'
import {
  ConnectionLostError,
  NameNodeNotReadyError,
  NameNodeUnreachableError,
  NoActiveNameNodeError,
  RequestTimeoutError,
  ServiceUnavailableError,
} from './errors.ts'

/*
 * What an error says about the NameNode that was asked.
 */

/** A NameNode about which such an error was seen is not relied upon any more. */
export function mayNotBeActive(error: FileSystemError): boolean {
  return refusedForSure(error) || isSilent(error)
}

/** The NameNode did not take the request. */
function refusedForSure(error: unknown): boolean {
  return (
    error instanceof OtherNameNodeError ||
    error instanceof NameNodeUnreachableError ||
    error instanceof NameNodeNotReadyError
  )
}

/** No word of the NameNode: it may have taken the request. */
function isSilent(error: unknown): boolean {
  return (
    error instanceof RequestTimeoutError ||
    error instanceof ConnectionLostError ||
    error instanceof ServiceUnavailableError
  )
}

export function mayAskAnother(error: unknown, mutates: boolean): boolean {
  return refusedForSure(error) || (!mutates && isSilent(error))
}

/** Why none of them is active; an error that waiting does not heal goes first. */
export function noActive(causes: readonly unknown[], context: RequestContext): FileSystemError {
  const errors = causes.map((cause) =>
    cause instanceof FileSystemError ? cause : classify(cause, context),
  )
  const lasting = errors.find((error) => !mayNotBeActive(error))
  if (lasting !== undefined) return lasting
  return new NoActiveNameNodeError(
    failureOf(context, {
      detail: errors.map(({ nameNode, detail }) => `${nameNode}: ${detail}`).join('; '),
      hint: 'Check the NameNodes (hdfs haadmin -getAllServiceState). It is tried again.',
      ambiguous: false,
    }),
  )
}
