import type { FetchedRecords, TopicPartition } from './record-batch.ts'

/*
 * What the sink needs from the world, and nothing more. The adapters in kafka/ and hdfs/ implement
 * these; the simulation implements them again.
 */

/** One inode of HDFS. */
export interface FileStatus {
  /** Name within its directory; '' for the path that was asked for. */
  readonly name: string
  readonly type: 'file' | 'directory'
  readonly byteLength: number
  /** Unique for the life of the file system; survives renames, changes on overwrite. */
  readonly fileId: number
  readonly modifiedMs: number
}

/**
 * HDFS as the sink uses it. Paths are absolute. Every call ends within its timeout or when its
 * signal aborts, and throws a SinkError whose `action` says what to do. No call is retried inside,
 * except that a `find` or read may be sent to another NameNode: only the caller knows what a
 * repetition would mean.
 */
export interface FileSystem {
  /** The NameNode that answered last; undefined before the first answer. */
  readonly nameNode: string | undefined
  /** undefined when there is nothing at this path. */
  status(path: string, call?: CallOptions): Promise<FileStatus | undefined>
  /** undefined when there is no such directory; pages through directories of any size. */
  list(path: string, call?: CallOptions): Promise<FileStatus[] | undefined>
  /** With parents; fine when it is there already. Throws when a file is in the way. */
  makeDirectory(path: string, call?: CallOptions): Promise<void>
  /**
   * Atomic, never overwrites, never moves into an existing directory. Resolves only on the
   * NameNode's acknowledgement. NotFoundError: source or destination's parent is missing, or an
   * earlier try was executed. AlreadyExistsError: the destination is taken.
   */
  rename(from: string, to: string, call?: CallOptions): Promise<void>
  /** false when there was nothing to delete. */
  delete(path: string, options: { recursive: boolean }, call?: CallOptions): Promise<boolean>
  setXattr(
    path: string,
    name: string,
    value: string,
    mode: 'create' | 'replace' | 'set',
    call?: CallOptions,
  ): Promise<void>
  /** All `user.` attributes, without that prefix; undefined when there is nothing at this path. */
  getXattrs(path: string, call?: CallOptions): Promise<ReadonlyMap<string, string> | undefined>
  /**
   * Creates a new file (never overwrites, never creates parents), and resolves when the DataNode
   * answered 201 and the NameNode shows exactly the bytes that were sent. When it has settled,
   * whether it worked or not, nothing reads `chunks` any more.
   */
  upload(path: string, chunks: readonly Uint8Array[], call?: CallOptions): Promise<void>
  /**
   * Appends files to a file of the same directory, in this order; they are gone then. All of it
   * happens, or nothing. RequestRefusedError where these cannot be joined: a snapshot holds one, or
   * they are encrypted. NotFoundError: one is missing, or an earlier try was executed.
   */
  concat(path: string, sources: readonly string[], call?: CallOptions): Promise<void>
}

/** One page of a directory. */
export interface DirectoryPage {
  readonly entries: readonly FileStatus[]
  /** There may be entries after these. */
  readonly more: boolean
}

/** HDFS as whoever audits it sees it: bounded pieces of directories and files of any size. */
export interface FileReader extends Pick<FileSystem, 'status' | 'list' | 'getXattrs'> {
  /**
   * The entries after the name `after`, all if it is ''; that name need not be there (any more).
   * undefined when there is no such directory.
   */
  listPage(path: string, after: string, call?: CallOptions): Promise<DirectoryPage | undefined>
  /**
   * The bytes of a file from a position on. It ends only after the last one: whatever breaks off is
   * thrown. NotFoundError when there is no such file.
   */
  read(path: string, position: number, call?: CallOptions): AsyncIterable<Uint8Array>
}

/** Kafka as whoever audits it sees it: from outside of the group. */
export interface LogReader {
  clusterId(): Promise<string>
  /** Partition counts; names must exist. */
  resolveTopics(wanted: readonly string[] | RegExp): Promise<Map<string, number>>
  committedOffset(at: TopicPartition): Promise<CommittedOffset | undefined>
  logBounds(at: TopicPartition): Promise<LogBounds>
  /**
   * One fetch, as a read_committed consumer: what follows `offset`, if anything does. undefined when
   * that offset is outside the log.
   */
  fetch(at: TopicPartition, offset: number, maxBytes: number): Promise<FetchedRecords | undefined>
  /** Kafka removes records of this topic whose key came again. */
  isCompacted(topic: string): Promise<boolean>
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /**
   * Only this NameNode may answer: if it is not the active one any more the call fails with an
   * OtherNameNodeError, and is not sent elsewhere.
   */
  readonly onlyNameNode?: string
}

/** A member's place in the group: captured at assignment, valid until the next rebalance. */
export interface Membership {
  readonly memberId: string
  readonly generation: number
  /** Counts assignments of this member within this process. */
  readonly epoch: number
}

export interface CommittedOffset {
  readonly offset: number
  readonly metadata: string
}

/** First offset still in the log, and the offset up to which a read_committed consumer may read. */
export interface LogBounds {
  readonly start: number
  readonly end: number
  /**
   * Of the topic that these are the bounds of, another one after it was deleted and created again.
   * Unknown only before Kafka 2.8: a journal that begins without it never notices another topic.
   */
  readonly topicId?: string
}

export interface OffsetToCommit extends TopicPartition, CommittedOffset {}

/** What the group tells its member. All are called synchronously and must return at once. */
export interface GroupHandlers {
  /** Everything in `partitions` is ours now, paused; whatever was ours before is revoked. */
  assigned(epoch: number, partitions: readonly TopicPartition[]): void
  /**
   * A JoinGroup is about to be sent: every assigned partition is about to be lost. The member
   * waits for the returned promise, but never long enough to be thrown out of the group.
   */
  revoking(): Promise<void>
  /** The coordinator acknowledged a heartbeat of this membership. */
  heartbeat(membership: Membership): void
  /**
   * Records of a partition that is neither paused nor waiting for a seek. Their memory serves the
   * next fetch as soon as this returns: whoever keeps bytes copies them.
   */
  records(fetched: FetchedRecords): void
  /** The position of this partition is outside its log; it is paused. */
  outOfRange(at: TopicPartition): void
  /** The member cannot go on and will not try again. */
  crashed(error: Error): void
}

/** One consumer in the group. */
export interface GroupMember {
  start(handlers: GroupHandlers): Promise<void>
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /** Takes effect before the next fetch of this partition. */
  seek(at: TopicPartition, offset: number): void
  /** Fenced by the membership: a member of an older generation fails. Sent once, never retried. */
  commitOffsets(membership: Membership, offsets: readonly OffsetToCommit[]): Promise<void>
  /** undefined where the group has none (or -1). */
  committedOffset(at: TopicPartition): Promise<CommittedOffset | undefined>
  logBounds(at: TopicPartition): Promise<LogBounds>
  partitionCount(topic: string): Promise<number>
  /** Of the topic that has this name now; undefined where there is none, or before Kafka 2.8. */
  topicId(topic: string): Promise<string | undefined>
  /** Leaves the group. */
  stop(): Promise<void>
}
