import { failureOf } from './classify.ts'
import { RequestRefusedError, UnsupportedServerError } from './errors.ts'
import type { NameNodes } from './name-nodes.ts'
import { isPlainPath, type Operation } from './operation.ts'

/*
 * What is wrong with a request before it is sent, or with a server that took it for another one.
 */

export function checkPath(path: string, operation: Operation, nameNodes: NameNodes): void {
  if (isPlainPath(path)) return
  throw refusedHere(operation, nameNodes, {
    detail: `expected an absolute path of plain names, found ${JSON.stringify(path)}`,
    hint: 'Choose another path.',
  })
}

/** For a list of paths: commas tell them apart, and nothing stands for a comma that does not. */
export function checkNoComma(path: string, operation: Operation, nameNodes: NameNodes): void {
  if (!path.includes(',')) return
  throw refusedHere(operation, nameNodes, {
    detail: `expected a path without a comma, found ${path}`,
    hint: 'Choose an hdfs.root without one.',
  })
}

export function notHonoured(
  operation: Operation,
  option: string,
  nameNodes: NameNodes,
): UnsupportedServerError {
  return new UnsupportedServerError(
    failureOf(contextOf(operation, nameNodes), {
      detail: `the server does not honour ${option}`,
      hint: 'Exactly-once depends on it. Use the WebHDFS of a NameNode, Hadoop 2.8 or newer.',
      ambiguous: true,
    }),
  )
}

function refusedHere(
  operation: Operation,
  nameNodes: NameNodes,
  found: { readonly detail: string; readonly hint: string },
): RequestRefusedError {
  const failure = { ...found, ambiguous: false }
  return new RequestRefusedError(failureOf(contextOf(operation, nameNodes), failure))
}

function contextOf(operation: Operation, nameNodes: NameNodes) {
  return nameNodes.contextOf(operation, nameNodes.answeredLast ?? 'any NameNode')
}
