import type { Log, Observer } from '../core/observer.ts'
import type { WriterSettings } from '../core/partition-writer.ts'
import type { PathTemplate } from '../core/path-template.ts'
import type { FileSystem, GroupMember } from '../core/ports.ts'
import type { RecordCursor } from '../core/record-cursor.ts'
import type { OutputFormat } from '../encoding/output-format.ts'
import type { FlowControl } from './flow-control.ts'
import type { KnownDirectories } from './journal-store.ts'
import type { OffsetCommitter } from './offset-committer.ts'
import type { UploadTurns } from './upload-turns.ts'

/** What all partitions of a worker share. */
export interface WorkerContext {
  readonly fs: FileSystem
  readonly member: GroupMember
  readonly flow: FlowControl
  readonly committer: OffsetCommitter
  /** All uploads of the worker, some at a time. */
  readonly uploads: UploadTurns
  readonly knownDirectories: KnownDirectories
  readonly format: OutputFormat
  readonly template: PathTemplate
  readonly cursor: RecordCursor
  readonly root: string
  readonly settings: Omit<WriterSettings, 'identity' | 'writer'>
  /** What the open files of a partition may hold before it is uploaded as a segment. */
  readonly segmentBytes: number
  readonly clusterId: string
  readonly group: string
  readonly observer: Observer
  readonly log: Log
  readonly nowMs: () => number
  /** Never the same twice, [a-z0-9]. */
  readonly newId: () => string
  /** Bytes taken (positive) or given back. */
  readonly account: (bytes: number) => void
  /** Bytes that one partition may hold while others want to be read too. */
  readonly shareBytes: () => number
  /** The worker cannot go on. */
  readonly fatal: (error: unknown) => void
}
