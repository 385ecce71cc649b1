import { AlreadyExistsError } from '../../src/core/errors.ts'
import type { FileStatus } from '../../src/core/ports.ts'
import { NotADirectoryError, RequestRefusedError } from '../../src/hdfs/errors.ts'
import { failed, missing, taken } from './sim-hdfs-errors.ts'

/*
 * One NameNode's name space, with the rules that were measured on real ones:
 * - RENAME with NONE looks at its source first, then at the destination's parent, then at the
 *   destination: it never overwrites and never moves into a directory
 * - an inode keeps its id and its attributes over renames, and is found by its id under
 *   /.reserved/.inodes until it is deleted
 * - MKDIRS makes parents; CREATE (as the sink uses it) neither makes parents nor overwrites
 * - CONCAT joins files of one directory: closed ones that are not empty, each named once, and none
 *   of them by an inode
 * - listings are in the order of their names' bytes, taken as signed
 * Every method is one step of the server: no other call comes in between. One that throws has
 * changed nothing, so that the same edits in the same order give the same inodes with the same ids.
 */

interface Inode {
  readonly fileId: number
  readonly xattrs: Map<string, string>
  /** undefined for a file. */
  readonly children: Map<string, Inode> | undefined
  bytes: Buffer
  /** undefined for the root and for what was deleted. */
  parent: Inode | undefined
  name: string
  readonly modifiedMs: number
}

interface Place {
  readonly parent: Inode
  readonly name: string
  readonly found: Inode | undefined
}

const INODES = '/.reserved/.inodes/'
/** Where ids of inodes begin on a real NameNode. */
const FIRST_ID = 16_385
const MAX_XATTRS = 32

export class SimHdfs {
  /** Grows with every change of names or contents. */
  changes = 0
  /** As where a snapshot holds the files, or they are encrypted. */
  refusesToJoin = false
  /** Grows with everything that is written into the edit log. */
  edits = 0
  private readonly byId = new Map<number, Inode>()
  private root: Inode
  private nextId = FIRST_ID
  private readonly nowMs: () => number

  constructor(nowMs: () => number = () => 0) {
    this.nowMs = nowMs
    this.root = this.newInode('directory', '', undefined)
  }

  status(path: string): FileStatus | undefined {
    const found = this.find(path)
    return found === undefined ? undefined : { ...statusOf(found), name: '' }
  }

  list(path: string): FileStatus[] | undefined {
    const children = this.find(path)?.children
    if (children === undefined) return undefined
    const sorted = [...children.values()].sort((a, b) =>
      Buffer.compare(signedOrder(a.name), signedOrder(b.name)),
    )
    return sorted.map(statusOf)
  }

  makeDirectory(path: string): void {
    let directory = this.startOf(path, 'MKDIRS')
    const names = namesOf(path)
    let known = 0
    for (const name of names) {
      const next = directory.children?.get(name)
      if (next === undefined) break
      known += 1
      if (next.children === undefined) {
        const failure = failed('MKDIRS', path, `${name} is a file`)
        throw known === names.length
          ? new AlreadyExistsError(failure)
          : new NotADirectoryError(failure)
      }
      directory = next
    }
    if (known < names.length) this.edits += 1
    for (const name of names.slice(known)) {
      directory = this.newInode('directory', name, directory)
    }
  }

  rename(from: string, to: string): void {
    const source = this.find(from)
    if (source === undefined) throw missing('RENAME', from)
    const target = this.place(to)
    if (target === undefined) throw missing('RENAME', to)
    if (target.found !== undefined) throw taken('RENAME', to)
    for (let above: Inode | undefined = target.parent; above; above = above.parent) {
      if (above === source) throw new RequestRefusedError(failed('RENAME', from, 'under source'))
    }
    this.changed()
    source.parent?.children?.delete(source.name)
    source.parent = target.parent
    source.name = target.name
    target.parent.children?.set(target.name, source)
  }

  /** false when there was nothing. */
  delete(path: string, recursive: boolean): boolean {
    const found = this.find(path)
    if (found === undefined) return false
    if (!recursive && (found.children?.size ?? 0) > 0) {
      throw new RequestRefusedError(failed('DELETE', path, 'is not empty'))
    }
    this.changed()
    this.forget(found)
    return true
  }

  setXattr(path: string, name: string, value: string, mode: 'create' | 'replace' | 'set'): void {
    const found = this.find(path)
    if (found === undefined) throw missing('SETXATTR', path)
    const known = found.xattrs.has(name)
    if (mode === 'create' && known) throw taken('SETXATTR', path)
    if (mode === 'replace' && !known) throw missing('SETXATTR', path)
    if (!known && found.xattrs.size >= MAX_XATTRS) {
      throw new RequestRefusedError(failed('SETXATTR', path, 'cannot add another attribute'))
    }
    this.edits += 1
    found.xattrs.set(name, value)
  }

  getXattrs(path: string): ReadonlyMap<string, string> | undefined {
    const found = this.find(path)
    return found === undefined ? undefined : new Map(found.xattrs)
  }

  create(path: string, bytes: Buffer): void {
    const place = this.place(path)
    if (place === undefined) throw missing('CREATE', path)
    if (place.found !== undefined) throw taken('CREATE', path)
    this.changed()
    this.newInode('file', place.name, place.parent, bytes)
  }

  /** Appends the sources to the target, in order; they are gone then. */
  concat(path: string, sources: readonly string[]): void {
    if (this.refusesToJoin)
      throw new RequestRefusedError(failed('CONCAT', path, 'is in a snapshot'))
    const byInode = [path, ...sources].find((each) => each.startsWith(INODES))
    if (byInode !== undefined) {
      throw new RequestRefusedError(failed('CONCAT', byInode, 'is named by an inode'))
    }
    const target = this.file(path)
    const joined = sources.map((source) => this.file(source))
    const inodes = [target, ...joined]
    const sameDirectory = joined.every(({ parent }) => parent === target.parent)
    const empty = joined.some(({ bytes }) => bytes.length === 0)
    if (joined.length === 0 || new Set(inodes).size < inodes.length || !sameDirectory || empty) {
      throw new RequestRefusedError(failed('CONCAT', path, 'not files that can be joined'))
    }
    this.changed()
    target.bytes = Buffer.concat(inodes.map(({ bytes }) => bytes))
    for (const source of joined) this.forget(source)
  }

  /** Another one that has seen the same edits. */
  clone(): SimHdfs {
    const other = new SimHdfs(this.nowMs)
    other.root = other.copyOf(this.root, undefined)
    other.nextId = this.nextId
    return other
  }

  // ------------------------------------------------------------ for tests

  /** undefined where there is no file. */
  read(path: string): Buffer | undefined {
    const found = this.find(path)
    return found?.children === undefined ? found?.bytes : undefined
  }

  /** The paths of all files below a directory. */
  filesBelow(directory: string): string[] {
    const found: string[] = []
    collectFiles(this.find(directory), directory === '/' ? '' : directory, found)
    return found.sort()
  }

  // ------------------------------------------------------------ paths and inodes

  private find(path: string): Inode | undefined {
    if (namesOf(path).length === 0) return this.start(path)
    return this.place(path)?.found
  }

  /** undefined where the parent is missing. Throws where a file is used as a directory. */
  private place(path: string): Place | undefined {
    let parent = this.start(path)
    const names = namesOf(path)
    const name = names.pop()
    for (const step of names) {
      parent = parent?.children?.get(step)
      if (parent !== undefined && parent.children === undefined) {
        throw new NotADirectoryError(failed('RESOLVE', path, `${step} is a file`))
      }
    }
    if (parent?.children === undefined || name === undefined) return undefined
    return { parent, name, found: parent.children.get(name) }
  }

  private start(path: string): Inode | undefined {
    if (!path.startsWith(INODES)) return this.root
    return this.byId.get(Number.parseInt(path.slice(INODES.length), 10))
  }

  private startOf(path: string, op: string): Inode {
    const start = this.start(path)
    if (start === undefined) throw missing(op, path)
    return start
  }

  private file(path: string): Inode {
    const found = this.find(path)
    if (found === undefined) throw missing('CONCAT', path)
    if (found.children === undefined) return found
    throw new RequestRefusedError(failed('CONCAT', path, 'is a directory'))
  }

  private changed(): void {
    this.changes += 1
    this.edits += 1
  }

  private copyOf(inode: Inode, parent: Inode | undefined): Inode {
    const { xattrs, children } = inode
    const copy: Inode = {
      ...inode,
      xattrs: new Map(xattrs),
      children: children === undefined ? undefined : new Map(),
      parent,
    }
    this.byId.set(copy.fileId, copy)
    for (const [name, child] of children ?? []) copy.children?.set(name, this.copyOf(child, copy))
    return copy
  }

  private newInode(
    type: 'file' | 'directory',
    name: string,
    parent: Inode | undefined,
    bytes: Buffer = Buffer.alloc(0),
  ): Inode {
    const inode: Inode = {
      fileId: this.nextId++,
      xattrs: new Map(),
      children: type === 'directory' ? new Map() : undefined,
      bytes,
      parent,
      name,
      modifiedMs: this.nowMs(),
    }
    this.byId.set(inode.fileId, inode)
    parent?.children?.set(name, inode)
    return inode
  }

  private forget(inode: Inode): void {
    for (const child of inode.children?.values() ?? []) this.forget(child)
    inode.parent?.children?.delete(inode.name)
    inode.parent = undefined
    this.byId.delete(inode.fileId)
  }
}

/** A NameNode compares names by signed bytes: what is not ASCII comes first. */
function signedOrder(name: string): Buffer {
  return Buffer.from(Buffer.from(name).map((byte) => byte ^ 0x80))
}

function namesOf(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '')
  return path.startsWith(INODES) ? names.slice(3) : names
}

function statusOf({ name, children, bytes, fileId, modifiedMs }: Inode): FileStatus {
  const type = children === undefined ? 'file' : 'directory'
  return { name, type, byteLength: bytes.length, fileId, modifiedMs }
}

function collectFiles(inode: Inode | undefined, path: string, into: string[]): void {
  for (const [name, child] of inode?.children ?? []) {
    if (child.children === undefined) into.push(`${path}/${name}`)
    else collectFiles(child, `${path}/${name}`, into)
  }
}
