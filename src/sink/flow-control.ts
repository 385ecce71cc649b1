import type { GroupMember } from '../core/ports.ts'
import { keyOf, type TopicPartition } from '../core/record-batch.ts'

/**
 * - `recovery`: its journal is not settled yet
 * - `behind`: it holds more than its share of the memory while its flushes do not get done
 * - `stopped`: somebody has to decide
 */
type HoldReason = 'recovery' | 'behind' | 'stopped'

/** Which partitions are read: one flows only while nothing holds it back. */
export class FlowControl {
  private readonly member: Pick<GroupMember, 'pause' | 'resume'>
  private readonly held = new Map<string, { at: TopicPartition; reasons: Set<HoldReason> }>()
  private memoryShort = false

  constructor(member: Pick<GroupMember, 'pause' | 'resume'>) {
    this.member = member
  }

  /** A new assignment: all of it is held until its journal is settled. */
  reset(partitions: readonly TopicPartition[]): void {
    this.held.clear()
    for (const at of partitions) this.held.set(keyOf(at), { at, reasons: new Set(['recovery']) })
  }

  hold(at: TopicPartition, reason: HoldReason): void {
    this.held.get(keyOf(at))?.reasons.add(reason)
    this.member.pause([at])
  }

  release(at: TopicPartition, reason: HoldReason): void {
    const entry = this.held.get(keyOf(at))
    entry?.reasons.delete(reason)
    if (entry?.reasons.size === 0 && !this.memoryShort) this.member.resume([at])
  }

  /** Memory is used up: nothing is read until it is not. */
  holdAll(): void {
    if (this.memoryShort) return
    this.memoryShort = true
    this.member.pause([...this.held.values()].map(({ at }) => at))
  }

  releaseAll(): void {
    if (!this.memoryShort) return
    this.memoryShort = false
    const free = [...this.held.values()].filter(({ reasons }) => reasons.size === 0)
    this.member.resume(free.map(({ at }) => at))
  }

  get isMemoryShort(): boolean {
    return this.memoryShort
  }

  isPaused(at: TopicPartition): boolean {
    return this.memoryShort || (this.held.get(keyOf(at))?.reasons.size ?? 0) > 0
  }
}
