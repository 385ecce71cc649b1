import { RecordRefusedError, SinkError } from '../core/errors.ts'
import type { Deed, Effect, Question, WriterEvent } from '../core/partition-events.ts'
import {
  accepts,
  begin,
  type Step,
  step,
  type WriterState,
  wakeAtMs,
} from '../core/partition-writer.ts'
import type { LogBounds } from '../core/ports.ts'
import type { FetchedRecords, TopicPartition } from '../core/record-batch.ts'
import { explainStop, type StopReason } from '../core/stop-reason.ts'
import { close } from '../core/writer-state.ts'
import { HeldFlushes } from './held-flushes.ts'
import { JournalStore, type Repeat } from './journal-store.ts'
import { OpenFiles } from './open-files.ts'
import { PartitionAccount } from './partition-account.ts'
import { PartitionIntake } from './partition-intake.ts'
import { PartitionQuestions } from './partition-questions.ts'
import { isChangedState, retryUntilDone } from './retry.ts'
import { JoinDoubtfulError, JoinRefusedError, TempFiles } from './temp-files.ts'
import { WakeTimer } from './wake-timer.ts'
import type { WorkerContext } from './worker-context.ts'

/**
 * Carries out what the partition writer decides, for one partition of one assignment: turns
 * effects into calls and their outcomes into events. It decides nothing itself.
 */
export class PartitionRunner {
  readonly at: TopicPartition
  readonly epoch: number
  /** Resolves when nothing of this assignment is under way any more. */
  readonly closed: Promise<void>
  private readonly context: WorkerContext
  private readonly journal: JournalStore
  private readonly files: OpenFiles
  private readonly intake: PartitionIntake
  private readonly questions: PartitionQuestions
  private readonly flushes: HeldFlushes
  private readonly memory: PartitionAccount
  private readonly timer: WakeTimer
  private readonly ended = new AbortController()
  private uploading = new AbortController()
  private state: WriterState
  private resolveClosed: () => void = () => {}

  constructor(at: TopicPartition, epoch: number, context: WorkerContext) {
    this.at = at
    this.epoch = epoch
    this.context = context
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve
    })
    const identity = { clusterId: context.clusterId, group: context.group, topic: at.topic }
    const { fs, root } = context
    const { signal } = this.ended
    const repeat: Repeat = (op, call, own = signal) =>
      retryUntilDone('hdfs', op, call, context, own)
    this.journal = new JournalStore({ fs, root, identity, at, repeat, signal })
    const { directory } = this.journal
    this.flushes = new HeldFlushes(at, context, new TempFiles({ fs, directory, repeat }))
    this.memory = new PartitionAccount(at, context)
    this.timer = new WakeTimer(context.nowMs, () => this.dispatch({ type: 'tick' }))
    this.files = new OpenFiles(at, context.format, context.template)
    this.intake = new PartitionIntake(this.files, context.cursor, context.settings.rotation)
    this.questions = new PartitionQuestions(at, context, this.journal, signal, {
      epoch,
      phase: () => this.state.phase.kind,
      flush: (key) => this.flushes.get(key),
      nextKey: () => this.state.names,
      journal: () => ({
        end: this.state.head?.end ?? 0,
        topicId: this.state.journal?.topicId,
      }),
    })
    const first = begin({ ...context.settings, identity, writer: context.newId() })
    this.state = first[0]
    this.carryOut(first)
  }

  // ------------------------------------------------------------ what happens to the partition

  /** Encodes what is new in it. Records that do not follow what is held are left to a new fetch. */
  deliver(fetched: FetchedRecords): void {
    const { position } = this.state
    if (!accepts(this.state) || position === undefined) return
    if (fetched.fetchedOffset > position) {
      this.context.member.seek(this.at, position)
      return
    }
    const taken = this.intake.take(
      fetched,
      position,
      (next) => this.progress(next),
      (next) => this.cutWhenLarge(next),
    )
    this.progress(taken.position)
    if (taken.refused !== undefined) {
      this.dispatch({ type: 'cannot-write', stop: unwritable(taken.refused) })
    }
    const { observer } = this.context
    observer.recordsRead(this.at.topic, taken.records, fetched.byteLength)
    observer.highWatermark(this.at, fetched.highWatermark)
    this.settleAccount()
  }

  heartbeat(): void {
    if (this.state.phase.kind === 'surprised') this.dispatch({ type: 'heartbeat' })
  }

  revoke(): void {
    this.dispatch({ type: 'revoked' })
  }

  drain(): void {
    this.dispatch({ type: 'drain' })
  }

  /**
   * Ends it whatever is under way, as a crash would: the next claim settles what was committed, and
   * the rest is read again.
   */
  abandon(): void {
    if (this.state.phase.kind === 'closed') return
    this.context.log.warn(this.at, 'the last flush of an assignment that is over is given up')
    const [closed, effects] = close(this.state)
    this.state = closed
    this.carryOut([closed, [{ do: 'cancel-uploads' }, ...effects]])
  }

  outOfRange(): void {
    this.context.observer.recovered(this.at, 'out-of-range')
    this.dispatch({ type: 'out-of-range' })
  }

  memoryShort(): void {
    this.dispatch({ type: 'memory-short' })
  }

  /** Bytes of the open files. */
  get openBytes(): number {
    return this.files.heldBytes
  }

  /** Bytes of flushes on their way to HDFS. */
  get flushingBytes(): number {
    return this.flushes.heldBytes
  }

  /** Something is on its way to HDFS, and may give its memory back soon. */
  get isFlushing(): boolean {
    return this.memory.isFlushing
  }

  get view(): WriterState {
    return this.state
  }

  // ------------------------------------------------------------ the loop: event, state, effects

  private dispatch(event: WriterEvent): void {
    const previous = this.state.phase.kind
    const next = step(this.state, event, this.context.nowMs())
    this.state = next[0]
    if (this.state.phase.kind === 'surprised' && previous !== 'surprised') {
      this.context.observer.recovered(this.at, 'surprise')
    }
    this.carryOut(next)
  }

  private carryOut([, effects]: Step): void {
    for (const effect of effects) {
      if (isQuestion(effect)) void this.answer(effect)
      else this.perform(effect)
    }
    this.settleAccount()
    this.timer.setTo(wakeAtMs(this.state))
  }

  private progress(position: number): void {
    if (position <= (this.state.position ?? 0)) return
    const { records, fileBytes: bytes, count: openFiles } = this.files
    this.dispatch({ type: 'read', position, size: { records, bytes, openFiles } })
  }

  private cutWhenLarge(position: number): void {
    if (this.files.heldBytes < this.context.segmentBytes) return
    this.progress(position)
    this.dispatch({ type: 'segment-full' })
  }

  private settleAccount(): void {
    this.memory.settle(this.openBytes, this.flushingBytes)
    // Revoked: the partition may have been assigned anew, and what holds it is not ours to change.
    const { intent, phase, flushes } = this.state
    if (intent === 'revoked' || phase.kind === 'closed') return
    this.memory.holdWhenBehind(flushes.length, this.flushes.isRefused)
  }

  private async answer(question: Question): Promise<void> {
    const event = await this.questions.answer(question)
    if (event === undefined) return
    this.dispatch(event)
    if (event.type === 'offsets-read') this.reportOffsets(event.log)
  }

  /** So that an idle or stopped partition has its lag too, from its assignment on. */
  private reportOffsets(log: LogBounds): void {
    const { head, phase } = this.state
    const isSettled = phase.kind === 'writing' || phase.kind === 'stopped'
    if (!isSettled || head === undefined) return
    this.context.observer.highWatermark(this.at, log.end)
    this.context.observer.committed(this.at, head.end)
  }

  // ------------------------------------------------------------ deeds: calls without an answer

  private perform(deed: Deed): void {
    const { context, at } = this
    switch (deed.do) {
      case 'fetch-from':
        context.member.seek(at, deed.offset)
        context.flow.release(at, 'recovery')
        break
      case 'cut':
        this.cut(deed)
        break
      case 'seal':
        this.seal(deed.key)
        break
      case 'upload':
        void this.upload(deed)
        break
      case 'cancel-uploads':
        this.uploading.abort()
        this.uploading = new AbortController()
        break
      case 'tell-kafka': {
        const { offset, metadata } = deed
        void context.committer.add(this.epoch, { ...at, offset, metadata })
        break
      }
      case 'finish':
        this.flushes.finish(deed)
        break
      case 'discard':
        this.files.clear()
        this.flushes.clear()
        break
      case 'report-stop':
        this.reportStop(deed.stop)
        break
      case 'close':
        this.close()
    }
  }

  private reportStop(stop: StopReason): void {
    this.questions.end()
    const { group, log, flow, observer } = this.context
    const { directory } = this.journal
    const explained = explainStop(stop, { at: this.at, group, journal: directory })
    log.error({ ...this.at, reason: stop.reason }, `partition stopped: ${explained}`)
    // Closed already: the partition may be somebody else's by now, or a later assignment's.
    if (this.state.phase.kind === 'closed') return
    flow.hold(this.at, 'stopped')
    observer.stopped(this.at, stop.reason, explained)
  }

  private seal(key: number): void {
    const start = this.state.flushes.find((flush) => flush.key === key)?.start ?? 0
    try {
      this.flushes.seal(key, start, this.files)
    } catch (error) {
      this.files.clear()
      // After the effects that go with this one.
      queueMicrotask(() => this.failed('seal', error))
    }
  }

  private cut(deed: Extract<Deed, { do: 'cut' }>): void {
    const { flush } = deed
    const signal = this.uploadSignal()
    this.flushes.cut(deed, this.files, signal, {
      freed: () => this.settleAccount(),
      failed: (error) => {
        if (!isChangedState(error)) this.failed('upload', error)
        else this.dispatch({ type: 'segment-surprised', flush })
      },
    })
  }

  private uploadSignal(): AbortSignal {
    return AbortSignal.any([this.uploading.signal, this.ended.signal])
  }

  private async upload(deed: Extract<Deed, { do: 'upload' }>): Promise<void> {
    const { key, flush } = deed
    const signal = this.uploadSignal()
    try {
      const done = await this.flushes.upload(deed, signal)
      if (done) this.dispatch({ type: 'uploaded', key, flush })
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof JoinRefusedError) {
        this.context.log.warn({ err: error, ...this.at }, 'files are written without segments now')
        this.dispatch({ type: 'join-refused', key, flush })
      } else if (isChangedState(error) || error instanceof JoinDoubtfulError) {
        this.context.log.warn({ err: error, ...this.at }, 'upload: somebody else is at work here')
        this.dispatch({ type: 'upload-surprised', key, flush })
      } else this.failed('upload', error)
    }
  }

  /** Repeating it would not help. */
  private failed(what: string, error: unknown): void {
    if (!(error instanceof SinkError) || error.action !== 'stop-partition') {
      this.context.log.error({ err: error, ...this.at }, `${what} failed`)
      this.context.fatal(error)
      return
    }
    this.dispatch({ type: 'cannot-go-on', stop: unwritable(error) })
  }

  private close(): void {
    this.timer.setTo(undefined)
    this.ended.abort()
    this.questions.end()
    this.resolveClosed()
  }
}

function unwritable(error: SinkError): StopReason {
  const stop = { reason: 'unwritable', explanation: error.message } as const
  return error instanceof RecordRefusedError ? { ...stop, offset: error.offset } : stop
}

function isQuestion(effect: Effect): effect is Question {
  return 'turn' in effect
}
