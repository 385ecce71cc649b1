/** One request to a NameNode. */
export interface Operation {
  readonly op: string
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly path: string
  readonly params?: Record<string, string>
  /**
   * true for a change: it is sent to another NameNode only when the first one surely refused it.
   * false: repeating it changes nothing.
   */
  readonly mutates: boolean
  /**
   * CREATE's first step: answered by a redirect, and by a standby too, so that the answer does not
   * tell which NameNode is active.
   */
  readonly picksDataNode?: true
  /** The operation whose effect this one confirms: when this fails, that one is in doubt. */
  readonly confirms?: string
}

/** A request that changes nothing. */
export function reading(op: string, path: string, params: Record<string, string> = {}): Operation {
  return { op, method: 'GET', path, params, mutates: false }
}

export function changing(
  op: string,
  method: 'PUT' | 'POST' | 'DELETE',
  path: string,
  params: Record<string, string> = {},
): Operation {
  return { op, method, path, params, mutates: true }
}

/** HDFS resolves '..' in a rename's destination and refuses it elsewhere: none may be in a path. */
export function isPlainPath(path: string): boolean {
  if (path === '/') return true
  const names = path.slice(1).split('/')
  const plain = names.every((name) => name !== '' && name !== '.' && name !== '..')
  return path.startsWith('/') && path.isWellFormed() && plain
}
