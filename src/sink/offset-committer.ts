import { FencedMembershipError } from '../core/errors.ts'
import type { Log, Observer } from '../core/observer.ts'
import type { GroupMember, Membership, OffsetToCommit } from '../core/ports.ts'
import { keyOf } from '../core/record-batch.ts'
import { retryUntilDone } from './retry.ts'

interface Pending {
  readonly epoch: number
  readonly offset: OffsetToCommit
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
  private waiters: (() => void)[] = []

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
    this.membership = membership
    this.send()
  }

  add(epoch: number, offset: OffsetToCommit): void {
    const key = keyOf(offset)
    // A late word of an assignment that is over must not replace one of the present.
    if ((this.pending.get(key)?.epoch ?? epoch) > epoch) return
    this.pending.set(key, { epoch, offset })
    this.send()
  }

  /** Resolves when nothing is waiting to be told. */
  idle(): Promise<void> {
    if (this.pending.size === 0 && this.sending === undefined) return Promise.resolve()
    return new Promise((resolve) => this.waiters.push(resolve))
  }

  private send(): void {
    if (this.sending !== undefined) return
    if (this.sendable().length === 0) {
      if (this.pending.size === 0) this.wake()
      return
    }
    const attempt = (): Promise<void> => this.sendNewest()
    this.sending = retryUntilDone('kafka', 'offset-commit', attempt, this.deps, this.signal)
      .catch((error) => this.giveUp(error))
      .finally(() => {
        this.sending = undefined
        this.send()
      })
  }

  private wake(): void {
    const { waiters } = this
    this.waiters = []
    for (const resolve of waiters) resolve()
  }

  /** Drops what belongs to an assignment that is over, and returns what may be sent now. */
  private sendable(): Pending[] {
    const { membership } = this
    if (membership === undefined) return []
    for (const [key, { epoch }] of this.pending) {
      if (epoch >= membership.epoch) continue
      this.pending.delete(key)
      this.deps.observer.offsetCommit('fenced')
    }
    return [...this.pending.values()].filter(({ epoch }) => epoch === membership.epoch)
  }

  private async sendNewest(): Promise<void> {
    const sent = this.sendable()
    if (sent.length === 0 || this.membership === undefined) return
    const offsets = sent.map(({ offset }) => offset)
    try {
      await this.member.commitOffsets(this.membership, offsets)
      this.deps.observer.offsetCommit('ok')
    } catch (error) {
      if (!(error instanceof FencedMembershipError)) {
        this.deps.observer.offsetCommit('failed')
        throw error
      }
      this.deps.observer.offsetCommit('fenced')
      this.deps.log.debug({ err: error }, 'offsets of a lost assignment were refused')
    }
    for (const one of sent) {
      const key = keyOf(one.offset)
      if (this.pending.get(key) === one) this.pending.delete(key)
    }
  }

  private giveUp(error: unknown): void {
    this.pending.clear()
    if (!this.signal.aborted) this.deps.log.error({ err: error }, 'offsets could not be committed')
  }
}
