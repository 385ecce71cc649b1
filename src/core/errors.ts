import type { TopicPartition } from './record-batch.ts'

/**
 * What whoever catches an error has to do:
 * - `retry`: the same call again, after a pause
 * - `other-namenode`: the same call to another NameNode
 * - `stop-partition`: stop this partition, loudly; the others go on
 * - `stop-process`: nothing can go on
 */
export type ErrorAction = 'retry' | 'other-namenode' | 'stop-partition' | 'stop-process'

/** Base of every error that this project throws on purpose: data as fields, the message for people. */
export abstract class SinkError extends Error {
  abstract readonly action: ErrorAction
  override get name(): string {
    return this.constructor.name
  }
}

/** A record batch whose bytes are not what the Kafka protocol says. */
export class CorruptBatchError extends SinkError {
  readonly action = 'stop-partition'
  readonly at: TopicPartition
  readonly baseOffset: number
  constructor(at: TopicPartition, baseOffset: number, found: string) {
    super(
      `Record batch at ${at.topic}-${at.partition}@${baseOffset} is corrupt: ${found}. ` +
        'Check the disks of the brokers that lead this partition.',
    )
    this.at = at
    this.baseOffset = baseOffset
  }
}

/** A record batch that would take more memory than is allowed when it is decompressed. */
export class BatchTooLargeError extends SinkError {
  readonly action = 'stop-partition'
  readonly at: TopicPartition
  readonly baseOffset: number
  readonly limitBytes: number
  constructor(at: TopicPartition, baseOffset: number, limitBytes: number) {
    super(
      `Record batch at ${at.topic}-${at.partition}@${baseOffset} is larger than ${limitBytes} bytes ` +
        'when decompressed. Raise kafka.maxDecompressedBatchBytes if such batches are expected.',
    )
    this.at = at
    this.baseOffset = baseOffset
    this.limitBytes = limitBytes
  }
}

/** A record, or the end of a batch's records, whose bytes are not what the Kafka protocol says. */
export class MalformedRecordError extends SinkError {
  readonly action = 'stop-partition'
  /** undefined where the cursor was not told what it reads. */
  readonly at: TopicPartition | undefined
  readonly baseOffset: number
  /** Counts the batch's records from 0. */
  readonly recordIndex: number
  constructor(
    at: TopicPartition | undefined,
    baseOffset: number,
    recordIndex: number,
    found: string,
  ) {
    const where =
      at === undefined ? `offset ${baseOffset}` : `${at.topic}-${at.partition}@${baseOffset}`
    super(
      `Record ${recordIndex} of the batch at ${where} is malformed: ${found}. ` +
        'Its producer wrote it so, or a disk of a broker that leads this partition is at fault.',
    )
    this.at = at
    this.baseOffset = baseOffset
    this.recordIndex = recordIndex
  }
}

/** A record that the chosen output format must not write. */
export class RecordRefusedError extends SinkError {
  readonly action = 'stop-partition'
  readonly at: TopicPartition
  readonly offset: number
  constructor(at: TopicPartition, offset: number, found: string, whatToDo: string) {
    super(`Record ${at.topic}-${at.partition}@${offset} ${found}. ${whatToDo}`)
    this.at = at
    this.offset = offset
  }
}

/** What is known about a file system call that failed. */
export interface FileSystemFailure {
  /** The WebHDFS operation, for example RENAME. */
  readonly op: string
  readonly path: string
  /** The NameNode that was asked; undefined when none could be chosen. */
  readonly nameNode: string | undefined
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined
  /** Simple class name of the RemoteException, if the answer carried one. */
  readonly exception: string | undefined
  /**
   * true when the request may have been executed or may yet be (timeout, reset, 5xx), false when
   * it surely was not. Always false for requests that only read.
   */
  readonly ambiguous: boolean
  /** What was found, as a clause without a full stop. */
  readonly detail: string
  /** What a person should do, as sentences. */
  readonly hint: string
  readonly cause?: unknown
}

/** Base of every error that a FileSystem throws. */
export abstract class FileSystemError extends SinkError implements FileSystemFailure {
  readonly op: string
  readonly path: string
  readonly nameNode: string | undefined
  readonly status: number | undefined
  readonly exception: string | undefined
  readonly ambiguous: boolean
  readonly detail: string
  readonly hint: string
  constructor(failure: FileSystemFailure) {
    const answer = [failure.status, failure.exception].filter((part) => part !== undefined)
    super(
      `${failure.op} ${failure.path} at ${failure.nameNode ?? 'no NameNode'}: ${failure.detail}` +
        (answer.length > 0 ? ` (${answer.join(' ')})` : '') +
        (failure.ambiguous ? ', it may have been executed all the same' : '') +
        `. ${failure.hint}`,
      failure.cause === undefined ? undefined : { cause: failure.cause },
    )
    this.op = failure.op
    this.path = failure.path
    this.nameNode = failure.nameNode
    this.status = failure.status
    this.exception = failure.exception
    this.ambiguous = failure.ambiguous
    this.detail = failure.detail
    this.hint = failure.hint
  }
}

/**
 * Source, parent or attribute is missing, or an earlier try of the same call was executed. The
 * caller looks at the state again before it decides.
 */
export class NotFoundError extends FileSystemError {
  readonly action = 'retry'
}

/** The name is taken: this call has surely lost. The caller looks at the state again. */
export class AlreadyExistsError extends FileSystemError {
  readonly action = 'retry'
}

/** This NameNode is not the active one (any more). */
export class OtherNameNodeError extends FileSystemError {
  readonly action = 'other-namenode'
}

/** Kafka did not answer, or answered with something that passes: the same call may work later. */
export class KafkaUnavailableError extends SinkError {
  readonly action = 'retry'
  readonly operation: string
  constructor(operation: string, found: string, options?: ErrorOptions) {
    super(
      `Kafka: ${operation} failed: ${found}. Tried again; if it lasts, check the brokers.`,
      options,
    )
    this.operation = operation
  }
}

/** Kafka refuses what was asked, and will refuse it again. */
export class KafkaRefusedError extends SinkError {
  readonly action = 'stop-process'
  readonly operation: string
  /** Kafka's name for the cause, such as GROUP_AUTHORIZATION_FAILED. */
  readonly kafkaError: string
  constructor(operation: string, kafkaError: string, options?: ErrorOptions) {
    super(
      `Kafka refused ${operation}: ${kafkaError}. ${REFUSAL_HINTS[kafkaError] ?? CHECK_RIGHTS}`,
      options,
    )
    this.operation = operation
    this.kafkaError = kafkaError
  }
}

const CHECK_RIGHTS = 'Check the rights of this user, kafka.group and kafka.topics.'
const REFUSAL_HINTS: Readonly<Record<string, string>> = {
  INVALID_SESSION_TIMEOUT:
    'Set kafka.sessionTimeoutMs to what the brokers allow: between their ' +
    'group.min.session.timeout.ms and group.max.session.timeout.ms (6 s and 30 min unless set).',
}

/** Topics that were asked for by name and are not there. */
export class UnknownTopicError extends SinkError {
  readonly action = 'stop-process'
  readonly topics: readonly string[]
  constructor(topics: readonly string[]) {
    super(
      `No such topic: ${topics.join(', ')}. Create it, correct kafka.topics, or give this user ` +
        'the right to describe it.',
    )
    this.topics = topics
  }
}

/**
 * The group went on without this membership: what was read under it may belong to others by now.
 * `retry` with the membership of the next assignment, which follows or was announced already.
 */
export class FencedMembershipError extends SinkError {
  readonly action = 'retry'
  readonly memberId: string
  readonly generation: number
  constructor(memberId: string, generation: number, found: string, options?: ErrorOptions) {
    super(
      `Group member ${memberId} of generation ${generation} is not valid any more: ${found}. ` +
        'Drop what was read under it and wait for the next assignment.',
      options,
    )
    this.memberId = memberId
    this.generation = generation
  }
}

/** The text beside a committed offset is longer than the brokers allow. */
export class OffsetMetadataTooLargeError extends SinkError {
  readonly action = 'stop-partition'
  readonly metadataBytes: number
  constructor(metadataBytes: number, options?: ErrorOptions) {
    super(
      `The metadata of a committed offset has ${metadataBytes} bytes, more than the brokers ` +
        'accept. Raise offset.metadata.max.bytes (4096 by default) or shorten hdfs.root.',
      options,
    )
    this.metadataBytes = metadataBytes
  }
}

/** An offset that a JavaScript number cannot hold exactly. */
export class OffsetTooLargeError extends SinkError {
  readonly action = 'stop-partition'
  readonly at: TopicPartition
  readonly offset: string
  constructor(at: TopicPartition, offset: string) {
    super(
      `Offset ${offset} of ${at.topic}-${at.partition} is beyond ${Number.MAX_SAFE_INTEGER}, the ` +
        'largest that this program can handle. Move the topic to a new one.',
    )
    this.at = at
    this.offset = offset
  }
}
