import { FencedMembershipError } from '../core/errors.ts'
import type { Log, Observer } from '../core/observer.ts'
import type { GroupMember, Membership, OffsetToCommit } from '../core/ports.ts'
import { keyOf } from '../core/record-batch.ts'
import { isOfPartitions } from './commit-refusals.ts'
import { retryUntilDone } from './retry.ts'

/** Between two requests for which nobody waits: small flushes must not cost one each. */
const PAUSE_MS = 500

interface Pending {
  readonly epoch: number
  readonly offset: OffsetToCommit
  /** That its partition has nothing more to tell; the same for what takes its place. */
  readonly over: PromiseWithResolvers<void>
}

/**
 * Tells Kafka what the journals have committed: for each partition only the newest offset, all
 * partitions in one request, one request at a time. It is advice for lag tools: the journals decide,
 * so an offset of a lost assignment is dropped when the coordinator refuses it.
 */
export class OffsetCommitter {
  private readonly member: Pick<GroupMember, 'commitOffsets'>
  private readonly deps: { readonly observer: Observer; readonly log: Log }
  private readonly signal: AbortSignal
  private readonly pending = new Map<string, Pending>()
  private membership: Membership | undefined
  private sending: Promise<void> | undefined
  private sent: readonly Pending[] = []
  /** How many cannot go on before something is told. */
  private waiters = 0
  private pause: NodeJS.Timeout | undefined
  /** Partitions of this assignment whose offset was refused: each is logged once. */
  private readonly refused = new Set<string>()

  constructor(
    member: Pick<GroupMember, 'commitOffsets'>,
    deps: { readonly observer: Observer; readonly log: Log },
    signal: AbortSignal,
  ) {
    this.member = member
    this.deps = deps
    this.signal = signal
  }

  /** The membership that the coordinator has just acknowledged. */
  confirm(membership: Membership): void {
    if (membership.epoch !== this.membership?.epoch) this.refused.clear()
    this.membership = membership
    this.dropFenced(membership)
    this.send()
  }

  /** Resolves when this one, or a newer one of its partition, was told, or never will be. */
  add(epoch: number, offset: OffsetToCommit): Promise<void> {
    const key = keyOf(offset)
    const last = this.pending.get(key)
    // A late word of an assignment that is over must not replace one of the present.
    if (last !== undefined && last.epoch > epoch) return Promise.resolve()
    const over = last?.over ?? Promise.withResolvers<void>()
    this.pending.set(key, { epoch, offset, over })
    this.send()
    return over.promise
  }

  /** As `add`, for somebody who waits for it. */
  addNow(epoch: number, offset: OffsetToCommit): Promise<void> {
    return this.waitFor(this.add(epoch, offset))
  }

  /** Resolves when nothing of what is known now is waiting to be told. */
  async idle(): Promise<void> {
    await this.waitFor(Promise.all([...this.pending.values()].map(({ over }) => over.promise)))
  }

  private async waitFor(told: Promise<unknown>): Promise<void> {
    this.waiters += 1
    this.send()
    await told
    this.waiters -= 1
  }

  private send(): void {
    if (this.sending !== undefined || this.sendable().length === 0) return
    if (this.pause !== undefined && this.waiters === 0) return
    const attempt = (): Promise<void> => this.sendNewest()
    this.sending = retryUntilDone('kafka', 'offset-commit', attempt, this.deps, this.signal)
      .then(() => this.rest())
      .catch((error) => this.giveUp(error))
      .finally(() => {
        this.sending = undefined
        this.send()
      })
  }

  /** What comes meanwhile goes in one request. */
  private rest(): void {
    clearTimeout(this.pause)
    this.pause = setTimeout(() => {
      this.pause = undefined
      this.send()
    }, PAUSE_MS).unref()
  }

  /** What belongs to an assignment that is over. */
  private dropFenced({ epoch }: Membership): void {
    for (const one of this.pending.values()) {
      if (one.epoch >= epoch) continue
      this.end([one])
      this.deps.observer.offsetCommit('fenced')
    }
  }

  /** What may be sent now. */
  private sendable(): Pending[] {
    const { membership } = this
    if (membership === undefined) return []
    this.dropFenced(membership)
    return [...this.pending.values()].filter(({ epoch }) => epoch === membership.epoch)
  }

  private async sendNewest(): Promise<void> {
    this.sent = this.sendable()
    if (this.sent.length === 0 || this.membership === undefined) return
    await this.sendAll(this.membership, this.sent)
  }

  private async sendAll(membership: Membership, sent: readonly Pending[]): Promise<void> {
    const { observer, log } = this.deps
    const offsets = sent.map(({ offset }) => offset)
    try {
      await this.member.commitOffsets(membership, offsets)
      observer.offsetCommit('ok')
      for (const offset of offsets) this.refused.delete(keyOf(offset))
    } catch (error) {
      if (error instanceof FencedMembershipError) {
        observer.offsetCommit('fenced')
        log.debug({ err: error }, 'offsets of a lost assignment were refused')
      } else {
        observer.offsetCommit('failed')
        if (!isOfPartitions(error)) throw error
        // Kafka refuses a whole request for one of its partitions: find out which.
        if (sent.length > 1) return this.halve(membership, sent)
        this.refuse(sent, error)
      }
    }
    this.end(sent)
  }

  private async halve(membership: Membership, sent: readonly Pending[]): Promise<void> {
    const half = sent.length >> 1
    await this.sendAll(membership, sent.slice(0, half))
    await this.sendAll(membership, sent.slice(half))
  }

  private refuse(sent: readonly Pending[], error: unknown): void {
    for (const { offset } of sent) {
      const { topic, partition } = offset
      if (this.refused.has(keyOf(offset))) continue
      this.refused.add(keyOf(offset))
      const text = 'Kafka does not take the offset of this partition; its journal has it'
      this.deps.log.error({ err: error, topic, partition }, text)
    }
  }

  /** Unless there is something newer of the partition, nobody has to wait for it any more. */
  private end(sent: Iterable<Pending>): void {
    for (const one of sent) {
      const key = keyOf(one.offset)
      if (this.pending.get(key) !== one) continue
      this.pending.delete(key)
      one.over.resolve()
    }
  }

  private giveUp(error: unknown): void {
    if (this.signal.aborted) {
      this.end([...this.pending.values()])
      return
    }
    this.deps.log.error({ err: error }, 'offsets could not be committed')
    this.end(this.sent)
  }
}
