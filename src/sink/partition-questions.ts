import { SinkError } from '../core/errors.ts'
import type { Answer, Question, WriterEvent } from '../core/partition-events.ts'
import type { Phase } from '../core/partition-writer.ts'
import type { LogBounds } from '../core/ports.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import type { SealedFlush } from './held-flushes.ts'
import {
  JournalDamagedError,
  type JournalStore,
  JournalVanishedError,
  PathTakenError,
} from './journal-store.ts'
import { isChangedState, retryUntilDone } from './retry.ts'
import type { WorkerContext } from './worker-context.ts'

type AnswerWithoutTurn = Answer extends infer A
  ? A extends Answer
    ? Omit<A, 'turn'>
    : never
  : never

/** The runner's own, as far as an answer needs it. */
export interface RunnerView {
  readonly epoch: number
  phase(): Phase['kind']
  flush(key: number): SealedFlush
  /** Of the flush that is sealed next: all before it have smaller keys, and were read before now. */
  nextKey(): number
  /** Where the journal ends, and the topic that it was made for. */
  journal(): { readonly end: number; readonly topicId: string | undefined }
}

/** Answers the partition writer's questions by calls to HDFS and Kafka. */
export class PartitionQuestions {
  private readonly at: TopicPartition
  private readonly context: WorkerContext
  private readonly journal: JournalStore
  private readonly signal: AbortSignal
  private readonly runner: RunnerView
  /** The rename that failed last, as long as nothing shows that renames work again. */
  private failing: Question['do'] | undefined
  private hasEnded = false
  /** Key of the first flush whose records may be of another topic than the journal. */
  private unproven = 0

  constructor(
    at: TopicPartition,
    context: WorkerContext,
    journal: JournalStore,
    signal: AbortSignal,
    runner: RunnerView,
  ) {
    this.at = at
    this.context = context
    this.journal = journal
    this.signal = signal
    this.runner = runner
  }

  /** undefined when there is nobody left to answer to. */
  async answer(question: Question): Promise<WriterEvent | undefined> {
    const { turn } = question
    try {
      return { ...(await this.ask(question)), turn } as Answer
    } catch (error) {
      return this.signal.aborted ? undefined : this.failure(question, error)
    }
  }

  private async ask(question: Question): Promise<AnswerWithoutTurn> {
    const { journal, context } = this
    switch (question.do) {
      case 'find-journal':
        return { type: 'journal-found', journal: await journal.find(question.base) }
      case 'read-offsets':
        return this.readOffsets()
      case 'tell-and-read-offsets': {
        const { offset, metadata } = question
        await context.committer.addNow(this.runner.epoch, { ...this.at, offset, metadata })
        return this.readOffsets()
      }
      case 'create-journal':
        await journal.create(question, context.newId())
        return { type: 'journal-created' }
      case 'claim':
        await journal.moveToken(question.base, question.from, question.to)
        return { type: (await journal.isInPlace(question.base)) ? 'claimed' : 'misplaced' }
      case 'settle':
        await journal.settle(question.base, question.flush)
        this.setFailing(undefined)
        void journal.sweep(question.base, question.stale).catch((error) => {
          context.log.debug({ err: error }, 'stale temp files are left for the next claim')
        })
        return { type: 'settled' }
      case 'prepare':
        await journal.prepare(this.runner.flush(question.key).files, context.knownDirectories)
        return (await this.isOfAnotherTopic(question.key)) ? this.recreated() : { type: 'prepared' }
      case 'commit':
        await journal.moveToken(question.base, question.from, question.to)
        return { type: 'committed' }
      case 'publish': {
        const { temps, files } = this.runner.flush(question.key)
        await journal.publish(question.base, temps, files)
        return { type: 'published' }
      }
    }
  }

  /**
   * A topic that was deleted and created again is read as if nothing had happened, where its log is
   * long enough by then. An id never comes back: when it is the journal's still, all that was read
   * before is of that topic: one answer does for all flushes that were sealed when it was asked for.
   */
  private async isOfAnotherTopic(key: number): Promise<boolean> {
    const { at, context, signal, runner } = this
    const expected = runner.journal().topicId
    if (expected === undefined || key < this.unproven) return false
    const sealedBefore = runner.nextKey()
    const ask = (): Promise<string | undefined> => context.member.topicId(at.topic)
    const found = await retryUntilDone('kafka', 'check-topic', ask, context, signal)
    if (found === expected) this.unproven = sealedBefore
    return found !== undefined && found !== expected
  }

  private async recreated(): Promise<AnswerWithoutTurn> {
    // The new topic may have fewer partitions: then this question has no answer.
    const read = this.context.member.logBounds(this.at)
    const log = await read.catch((): LogBounds => ({ start: 0, end: 0 }))
    const { end } = this.runner.journal()
    return { type: 'refused', stop: { reason: 'topic-recreated', end, log } }
  }

  /** Nothing of this partition is tried any more: what is still under way is nobody's trouble. */
  end(): void {
    this.setFailing(undefined)
    this.hasEnded = true
  }

  /** A rename is not repeated, but what leads to it is: for people that is the same trouble. */
  private setFailing(op: Question['do'] | undefined): void {
    if (op === this.failing || this.hasEnded) return
    const { observer } = this.context
    if (this.failing !== undefined) observer.trouble('hdfs', this.failing, 'ends')
    if (op !== undefined) observer.trouble('hdfs', op, 'begins')
    this.failing = op
  }

  private async readOffsets(): Promise<AnswerWithoutTurn> {
    const { at, journal, context, signal } = this
    const { member } = context
    const choosing = this.runner.phase() === 'choosing'
    const read = async (): Promise<AnswerWithoutTurn> => {
      const [committed, log] = await Promise.all([member.committedOffset(at), member.logBounds(at)])
      return { type: 'offsets-read', committed, log, addedLater: false }
    }
    const found = await retryUntilDone('kafka', 'read-offsets', read, context, signal)
    if (!choosing) return found
    const count = (): Promise<number> => member.partitionCount(at.topic)
    const now = await retryUntilDone('kafka', 'count-partitions', count, context, signal)
    const initial = await journal.initialPartitions(now)
    return { ...found, addedLater: at.partition >= initial } as AnswerWithoutTurn
  }

  /** What an error means for the question that met it. */
  private failure(question: Question, error: unknown): WriterEvent | undefined {
    const { turn } = question
    const { context, at } = this
    if (!(error instanceof SinkError) || error.action === 'stop-process') {
      context.fatal(error)
      return undefined
    }
    if (error instanceof PathTakenError) return { type: 'path-taken', path: error.path, turn }
    if (error instanceof JournalDamagedError) {
      return { type: 'refused', stop: { reason: 'journal-damaged', found: error.found }, turn }
    }
    const refused = error.action === 'stop-partition' && !(error instanceof JournalVanishedError)
    if (!refused && (isRename(question) || isChangedState(error))) {
      if (!isChangedState(error)) this.setFailing(question.do)
      context.knownDirectories.clear()
      context.log.warn({ err: error, ...at, step: question.do }, `${question.do}: outcome unknown`)
      return { type: 'surprised', turn }
    }
    return { type: 'refused', stop: { reason: 'unwritable', explanation: error.message }, turn }
  }
}

function isRename(question: Question): boolean {
  return ['claim', 'settle', 'commit', 'publish'].includes(question.do)
}
