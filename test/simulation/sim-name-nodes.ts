import { posix } from 'node:path'
import { type FileSystemError, OtherNameNodeError } from '../../src/core/errors.ts'
import type { FileStatus } from '../../src/core/ports.ts'
import {
  ConnectionLostError,
  DataNodeFailedError,
  NameNodeUnreachableError,
  NoDataNodeError,
  PermissionDeniedError,
  QuotaExceededError,
  RequestRefusedError,
  SafeModeError,
} from '../../src/hdfs/errors.ts'
import { SimHdfs } from './sim-hdfs.ts'
import { failed } from './sim-hdfs-errors.ts'

/*
 * NameNodes over one edit log, with the rules of a highly available pair:
 * - an edit is applied on the active NameNode at once, where every read sees it, then synced into
 *   the log, then acknowledged. Syncing one syncs all before it
 * - what changes nothing is no edit: a refusal, or a directory that is there already, may rest on
 *   edits that are not synced, and is answered all the same
 * - the active ends (killed, told, or cut off): of its edits that are not synced some may have
 *   reached the log, always the oldest; the others are lost, and nobody acknowledges them. Ids of
 *   inodes that they made are given again
 * - one that was cut off believes that it is active: it answers reads from its past, lost edits
 *   included, until its first write, which fails and ends it
 * - a standby refuses reads and writes; an observer answers reads from a past that was synced
 * - a DataNode that has taken a file asks whichever NameNode is active
 * - in safe mode, without a permission, beyond a quota: reads work, changes are refused; where a
 *   snapshot was taken files are not joined
 */

type Edit<T> = (hdfs: SimHdfs) => T

interface Entry {
  readonly edit: Edit<unknown>
  state: 'applied' | 'synced' | 'lost'
}

/** What became of a change: `acknowledge` makes it durable, or throws where it is lost. */
export interface Receipt<T> {
  readonly value: T
  acknowledge(): void
}

/** What a process can ask of HDFS, whatever stands behind it. */
export interface NameNodeService {
  readonly names: readonly string[]
  /** The one that takes writes. */
  readonly active: string | undefined
  read<T>(nameNode: string, op: string, path: string, query: Edit<T>): T
  change<T>(nameNode: string, op: string, path: string, edit: Edit<T>): Receipt<T>
  /** Through a DataNode that this NameNode has named. */
  create(nameNode: string, path: string, bytes: Buffer): Receipt<void>
}

type State = 'active' | 'cut-off' | 'standby' | 'observer' | 'down'

interface NameNode {
  state: State
  hdfs: SimHdfs
}

export type Refusal = 'safe-mode' | 'permission' | 'quota' | 'no-data-node' | 'no-joining'

const REFUSALS: Record<Refusal, new (failure: ReturnType<typeof failed>) => FileSystemError> = {
  'safe-mode': SafeModeError,
  permission: PermissionDeniedError,
  quota: QuotaExceededError,
  'no-data-node': NoDataNodeError,
  'no-joining': RequestRefusedError,
}
/** Whether a change of this kind is refused. */
const REFUSED: Record<Refusal, (op: string) => boolean> = {
  'safe-mode': () => true,
  permission: () => true,
  quota: (op) => ['CREATE', 'MKDIRS', 'RENAME'].includes(op),
  'no-data-node': (op) => op === 'CREATE',
  'no-joining': (op) => op === 'CONCAT',
}

export class SimNameNodes implements NameNodeService {
  readonly names: readonly string[]
  /** All changes are refused so, or none. */
  refusal: Refusal | undefined
  /** Uploads into this directory are refused, as by a quota of its own, until somebody raises that. */
  fullDirectory: string | undefined
  /** So many uploads to come are cut in half on their way, and answered as if they were whole. */
  cutUploads = 0
  /** Hears that somebody else is about to change something, when all that was done is durable. */
  beforeUser: () => void = () => {}
  /** What the log holds: the truth that outlives every failover. */
  private readonly durable: SimHdfs
  private readonly nodes = new Map<string, NameNode>()
  /** Applied on the active, not synced; oldest first. */
  private pending: Entry[] = []

  constructor(names: readonly string[] = ['nn1', 'nn2'], nowMs?: () => number) {
    this.names = names
    this.durable = new SimHdfs(nowMs)
    for (const name of names) this.nodes.set(name, { state: 'standby', hdfs: this.durable })
    this.activate(names[0] ?? '')
  }

  // ------------------------------------------------------------ what is durable

  get changes(): number {
    return this.durable.changes
  }

  filesBelow(directory: string): string[] {
    return this.durable.filesBelow(directory)
  }

  list(path: string): FileStatus[] | undefined {
    return this.durable.list(path)
  }

  read(path: string): Buffer | undefined
  read<T>(nameNode: string, op: string, path: string, query: Edit<T>): T
  read<T>(where: string, op?: string, path = where, query?: Edit<T>): T | Buffer | undefined {
    if (query === undefined) return this.durable.read(where)
    const { state, hdfs } = this.node(where)
    if (state === 'down') throw this.unreachable(where, op as string, path)
    if (state === 'standby') throw new OtherNameNodeError(failed(op as string, path, 'standby'))
    return query(hdfs)
  }

  // ------------------------------------------------------------ requests

  get active(): string | undefined {
    return this.names.find((name) => this.node(name).state === 'active')
  }

  change<T>(nameNode: string, op: string, path: string, edit: Edit<T>): Receipt<T> {
    const node = this.node(nameNode)
    switch (node.state) {
      case 'down':
        throw this.unreachable(nameNode, op, path)
      case 'standby':
      case 'observer':
        throw new OtherNameNodeError(failed(op, path, node.state))
      case 'cut-off':
        // The other JournalNodes' epoch is newer: the process ends.
        node.state = 'down'
        throw new ConnectionLostError(failed(op, path, 'fenced', { ambiguous: true }))
      case 'active':
        return this.apply(node, op, path, edit)
    }
  }

  create(nameNode: string, path: string, bytes: Buffer): Receipt<void> {
    if (this.node(nameNode).state === 'down') throw this.unreachable(nameNode, 'CREATE', path)
    const { active } = this
    if (active === undefined) {
      const failure = failed('CREATE', path, 'no NameNode is active', { ambiguous: true })
      throw new DataNodeFailedError(failure)
    }
    if (this.isFull(posix.dirname(path))) {
      throw new QuotaExceededError(failed('CREATE', path, 'quota of its directory'))
    }
    const cut = this.cutUploads > 0
    if (cut) this.cutUploads -= 1
    const written = cut ? bytes.subarray(0, bytes.length >> 1) : bytes
    return this.change(active, 'CREATE', path, (hdfs) => hdfs.create(path, written))
  }

  private isFull(directory: string): boolean {
    const { active, fullDirectory } = this
    if (active === undefined || fullDirectory === undefined) return false
    const { hdfs } = this.node(active)
    const full = hdfs.status(fullDirectory)?.fileId
    return full !== undefined && full === hdfs.status(directory)?.fileId
  }

  private apply<T>(node: NameNode, op: string, path: string, edit: Edit<T>): Receipt<T> {
    const { refusal } = this
    if (refusal !== undefined && REFUSED[refusal](op)) {
      throw new REFUSALS[refusal](failed(op, path, refusal))
    }
    const { edits } = node.hdfs
    const value = edit(node.hdfs)
    if (node.hdfs.edits === edits) return { value, acknowledge() {} }
    const entry: Entry = { edit, state: 'applied' }
    this.pending.push(entry)
    return { value, acknowledge: () => this.acknowledge(entry, op, path) }
  }

  private acknowledge(entry: Entry, op: string, path: string): void {
    if (entry.state === 'applied') this.sync(this.pending.indexOf(entry) + 1)
    if (entry.state !== 'lost') return
    throw new ConnectionLostError(failed(op, path, 'NameNode is gone', { ambiguous: true }))
  }

  // ------------------------------------------------------------ what happens to them

  /** How many edits are not synced. */
  get unsynced(): number {
    return this.pending.length
  }

  /** The oldest of the edits that are not synced now are. */
  sync(count: number): void {
    for (const entry of this.pending.splice(0, count)) {
      entry.edit(this.durable)
      entry.state = 'synced'
    }
  }

  /** The active is none any more; of what is not synced the log gets the oldest `synced`. */
  depose(to: 'down' | 'standby' | 'cut-off', synced: number): boolean {
    const { active } = this
    if (active === undefined) return false
    this.sync(synced)
    for (const entry of this.pending.splice(0)) entry.state = 'lost'
    this.node(active).state = to
    return true
  }

  /** Whoever was active before must have been deposed. */
  activate(name: string): void {
    const node = this.node(name)
    node.hdfs = this.durable.clone()
    node.state = 'active'
  }

  /** Starts it again, or tells it that it is not the active one. */
  restart(name: string): boolean {
    const node = this.node(name)
    if (node.state === 'active' || node.state === 'standby') return false
    node.state = 'standby'
    return true
  }

  /** A standby answers reads from now on, from what is durable now. */
  observe(name: string): boolean {
    const node = this.node(name)
    if (node.state !== 'standby' && node.state !== 'observer') return false
    node.hdfs = this.durable.clone()
    node.state = 'observer'
    return true
  }

  stateOf(name: string): State {
    return this.node(name).state
  }

  /** Somebody else's change, acknowledged; undefined while nothing can be changed. */
  byUser<T>(edit: Edit<T>): { readonly value: T } | undefined {
    const { active, refusal } = this
    if (active === undefined || refusal !== undefined) return undefined
    this.sync(this.pending.length)
    this.beforeUser()
    const receipt = this.apply(this.node(active), 'user', '', edit)
    receipt.acknowledge()
    return { value: receipt.value }
  }

  /** One is active, and the others know it; nothing is refused. */
  calm(): void {
    this.refusal = undefined
    this.cutUploads = 0
    for (const name of this.names) {
      if (this.node(name).state !== 'active') this.node(name).state = 'standby'
    }
    if (this.active === undefined) this.activate(this.names[0] ?? '')
  }

  private node(name: string): NameNode {
    const node = this.nodes.get(name)
    if (node === undefined) throw new RangeError(`no NameNode ${name}`)
    return node
  }

  private unreachable(name: string, op: string, path: string): NameNodeUnreachableError {
    const failure = failed(op, path, 'is down', { nameNode: name })
    return new NameNodeUnreachableError(failure, this.names.length > 1)
  }
}

/** A name space without a log: everything is durable at once. */
export class OneNameNode implements NameNodeService {
  readonly names = ['sim']
  readonly active = 'sim'
  private readonly hdfs: SimHdfs

  constructor(hdfs: SimHdfs) {
    this.hdfs = hdfs
  }

  read<T>(_nameNode: string, _op: string, _path: string, query: Edit<T>): T {
    return query(this.hdfs)
  }

  change<T>(_nameNode: string, _op: string, _path: string, edit: Edit<T>): Receipt<T> {
    return { value: edit(this.hdfs), acknowledge() {} }
  }

  create(_nameNode: string, path: string, bytes: Buffer): Receipt<void> {
    return { value: this.hdfs.create(path, bytes), acknowledge() {} }
  }
}
