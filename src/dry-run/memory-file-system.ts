import { AlreadyExistsError, type FileSystemFailure, NotFoundError } from '../core/errors.ts'
import type { CallOptions, FileStatus, FileSystem } from '../core/ports.ts'

interface Inode {
  readonly id: number
  /** undefined for a file. */
  readonly children: Map<string, Inode> | undefined
  readonly attributes: Map<string, string>
  byteLength: number
}

interface Place {
  readonly parent: Inode
  readonly name: string
}

const NAME_NODE = 'memory'
const BY_INODE = /^\/\.reserved\/\.inodes\/(\d+)(.*)$/

/**
 * HDFS of which only names, lengths and attributes are kept, in memory: what a rehearsal writes to.
 * Whether a path is taken that it does not have, `beneath` knows, which is only read; of what is in
 * `own` it knows nothing.
 */
export class MemoryFileSystem implements FileSystem {
  readonly nameNode = NAME_NODE
  readonly #beneath: Pick<FileSystem, 'status'>
  readonly #own: string
  readonly #inodes = new Map<number, Inode>()
  readonly #root: Inode
  #lastId = 0

  constructor(beneath: Pick<FileSystem, 'status'>, own: string) {
    this.#beneath = beneath
    this.#own = own
    this.#root = this.#create('directory')
  }

  async status(path: string, call?: CallOptions): Promise<FileStatus | undefined> {
    const inode = this.#find(path)
    if (inode !== undefined) return statusOf('', inode)
    if (BY_INODE.test(path) || `${path}/`.startsWith(`${this.#own}/`)) return undefined
    return this.#beneath.status(path, call?.signal === undefined ? {} : { signal: call.signal })
  }

  async list(path: string): Promise<FileStatus[] | undefined> {
    const children = this.#find(path)?.children
    return children === undefined
      ? undefined
      : [...children].map(([name, inode]) => statusOf(name, inode))
  }

  async makeDirectory(path: string): Promise<void> {
    let [at, names] = this.#startOf(path)
    for (const name of names) {
      let next = at?.children?.get(name)
      if (next === undefined) {
        if (at?.children === undefined) throw missing('MKDIRS', path)
        next = this.#create('directory')
        at.children.set(name, next)
      } else if (next.children === undefined) throw taken('MKDIRS', path)
      at = next
    }
  }

  async rename(from: string, to: string): Promise<void> {
    const source = this.#placeOf(from)
    const moved = source?.parent.children?.get(source.name)
    const target = this.#placeOf(to)
    if (source === undefined || moved === undefined || target === undefined) {
      throw missing('RENAME', from)
    }
    if (target.parent.children?.has(target.name)) throw taken('RENAME', to)
    source.parent.children?.delete(source.name)
    target.parent.children?.set(target.name, moved)
  }

  async delete(path: string): Promise<boolean> {
    const place = this.#placeOf(path)
    const inode = place?.parent.children?.get(place.name)
    if (place === undefined || inode === undefined) return false
    place.parent.children?.delete(place.name)
    this.#forget(inode)
    return true
  }

  async setXattr(
    path: string,
    name: string,
    value: string,
    mode: 'create' | 'replace' | 'set',
  ): Promise<void> {
    const attributes = this.#find(path)?.attributes
    if (attributes === undefined) throw missing('SETXATTR', path)
    if (mode === 'create' && attributes.has(name)) throw taken('SETXATTR', path)
    if (mode === 'replace' && !attributes.has(name)) throw missing('SETXATTR', path)
    attributes.set(name, value)
  }

  async getXattrs(path: string): Promise<ReadonlyMap<string, string> | undefined> {
    const attributes = this.#find(path)?.attributes
    return attributes === undefined ? undefined : new Map(attributes)
  }

  async upload(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    const place = this.#placeOf(path)
    if (place === undefined) throw missing('CREATE', path)
    if (place.parent.children?.has(place.name)) throw taken('CREATE', path)
    const file = this.#create('file')
    file.byteLength = chunks.reduce((bytes, chunk) => bytes + chunk.byteLength, 0)
    place.parent.children?.set(place.name, file)
  }

  async concat(path: string, sources: readonly string[]): Promise<void> {
    const target = this.#find(path)
    const joined = sources.map((source) => this.#find(source))
    if (target === undefined || joined.includes(undefined)) throw missing('CONCAT', path)
    for (const source of joined) target.byteLength += source?.byteLength ?? 0
    for (const source of sources) await this.delete(source)
  }

  #create(type: 'file' | 'directory'): Inode {
    this.#lastId += 1
    const children = type === 'directory' ? new Map<string, Inode>() : undefined
    const inode = { id: this.#lastId, children, attributes: new Map<string, string>() }
    const created = { ...inode, byteLength: 0 }
    this.#inodes.set(created.id, created)
    return created
  }

  #forget(inode: Inode): void {
    this.#inodes.delete(inode.id)
    for (const child of inode.children?.values() ?? []) this.#forget(child)
  }

  /** Where a path begins, and the names that lead on from there. */
  #startOf(path: string): [Inode | undefined, string[]] {
    const [, id, rest = ''] = BY_INODE.exec(path) ?? []
    const start = id === undefined ? this.#root : this.#inodes.get(Number(id))
    const names = (id === undefined ? path : rest).split('/').filter((name) => name !== '')
    return [start, names]
  }

  #find(path: string): Inode | undefined {
    const [start, names] = this.#startOf(path)
    return names.reduce<Inode | undefined>((at, name) => at?.children?.get(name), start)
  }

  /** undefined where its directory is missing, or for a root. */
  #placeOf(path: string): Place | undefined {
    const [start, names] = this.#startOf(path)
    const name = names.pop()
    const parent = names.reduce<Inode | undefined>((at, each) => at?.children?.get(each), start)
    return name === undefined || parent?.children === undefined ? undefined : { parent, name }
  }
}

function statusOf(name: string, { id, children, byteLength }: Inode): FileStatus {
  const type = children === undefined ? 'file' : 'directory'
  return { name, type, byteLength, fileId: id, modifiedMs: 0 }
}

function missing(op: string, path: string): NotFoundError {
  return new NotFoundError(failure(op, path, 'nothing is there'))
}

function taken(op: string, path: string): AlreadyExistsError {
  return new AlreadyExistsError(failure(op, path, 'the name is taken'))
}

function failure(op: string, path: string, detail: string): FileSystemFailure {
  return {
    op,
    path,
    nameNode: NAME_NODE,
    status: undefined,
    exception: undefined,
    ambiguous: false,
    detail,
    hint: 'Nothing to do: the sink looks at the state again.',
  }
}
