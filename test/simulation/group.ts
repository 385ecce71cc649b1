import type { Life } from './life.ts'
import type { Random } from './random.ts'
import type { SimKafka } from './sim-kafka.ts'
import type { SimMember } from './sim-member.ts'

/** One member and the thread that it lives in. */
interface Seat {
  readonly member: SimMember
  readonly life: Life
  /** When the coordinator heard of it last. */
  seenMs: number
}

export const SESSION_MS = 3_000

/**
 * The group's coordinator: who is a member, and when the group rebalances.
 * - a member that is not heard of for a session is forgotten; it notices only when it comes back
 * - a member that stands still or died is kept until then, and is dealt partitions meanwhile
 * - one that is cut off is left out of a rebalance and goes on as a zombie until it notices
 */
export class Group {
  rebalances = 0
  expired = 0
  private readonly kafka: SimKafka
  private readonly nowMs: () => number
  private readonly random: Random
  /** Everybody who would be a member, by name. */
  private readonly all = new Map<string, Seat>()
  private readonly known = new Set<string>()
  private unsettled = false

  constructor(kafka: SimKafka, nowMs: () => number, random: Random) {
    this.kafka = kafka
    this.nowMs = nowMs
    this.random = random
  }

  join(member: SimMember, life: Life): void {
    this.all.set(member.who, { member, life, seenMs: this.nowMs() })
    this.unsettled = true
  }

  /** By itself, or on behalf of a member that died. */
  leave(who: string): void {
    this.all.delete(who)
    this.forget(who)
  }

  isMember(who: string): boolean {
    return this.known.has(who)
  }

  /** Whoever is up is heard of; one that was forgotten learns of it, and will join again. */
  heartbeats(noticing = 1): void {
    for (const [who, seat] of this.all) {
      if (!seat.life.isRunning) continue
      if (this.known.has(who)) seat.seenMs = this.nowMs()
      else if (this.random.chance(noticing)) this.unsettled = true
    }
    this.expire()
    this.kafka.heartbeats(({ who }) => this.all.get(who)?.life.isRunning === true)
  }

  /**
   * Begins or ends a rebalance; `cutOff` is the share of members that miss it. Partitions are dealt
   * out in turn, beginning with the member that comes `first` when it ends.
   */
  rebalance({ cutOff = 0, first = this.random.int(8) } = {}): void {
    const { kafka } = this
    this.expire()
    if (kafka.isRebalancing) {
      kafka.completeRebalance(first)
      return
    }
    const present = [...this.all.values()].filter(
      ({ member, life }) =>
        (life.isRunning || this.known.has(member.who)) && !this.random.chance(cutOff),
    )
    if (present.length === 0) return
    this.unsettled = [...this.all.values()].some(
      (seat) => seat.life.isRunning && !present.includes(seat),
    )
    this.known.clear()
    for (const seat of present) {
      this.known.add(seat.member.who)
      if (seat.life.isRunning) seat.seenMs = this.nowMs()
    }
    this.rebalances += 1
    kafka.beginRebalance(present.map(({ member }) => member))
  }

  /** A rebalance is due, or on its way. */
  get isDue(): boolean {
    return this.unsettled || this.kafka.isRebalancing
  }

  private expire(): void {
    for (const who of [...this.known]) {
      const seat = this.all.get(who)
      if (seat === undefined || this.nowMs() - seat.seenMs <= SESSION_MS) continue
      this.expired += 1
      if (seat.life.isDead) this.all.delete(who)
      this.forget(who)
    }
  }

  private forget(who: string): void {
    if (!this.known.delete(who)) return
    this.unsettled = true
    this.kafka.expel(who)
  }
}
