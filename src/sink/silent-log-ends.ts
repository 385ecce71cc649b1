import type { GroupMember } from '../core/ports.ts'
import { keyOf, type TopicPartition } from '../core/record-batch.ts'

/**
 * A fetch says by the way where the log ends. Of partitions that are not fetched, because they are
 * stopped or held, it has to be asked: else their lag would stand still just when it matters.
 */
export class SilentLogEnds {
  private readonly member: Pick<GroupMember, 'logBounds'>
  private readonly tell: (at: TopicPartition, logEnd: number) => void
  private asking = false

  constructor(
    member: Pick<GroupMember, 'logBounds'>,
    tell: (at: TopicPartition, logEnd: number) => void,
  ) {
    this.member = member
    this.tell = tell
  }

  /**
   * Asks Kafka once, and not again before it has answered. What fails is left for the next time.
   *
   * @param silent the partitions that are not fetched now; an answer for one that has left it meanwhile
   * is dropped
   */
  async refresh(silent: () => readonly TopicPartition[]): Promise<void> {
    if (this.asking) return
    this.asking = true
    try {
      const asked = silent()
      const answers = await Promise.allSettled(asked.map((at) => this.member.logBounds(at)))
      const still = new Set(silent().map(keyOf))
      for (const [index, at] of asked.entries()) {
        const answer = answers[index]
        if (answer?.status === 'fulfilled' && still.has(keyOf(at))) this.tell(at, answer.value.end)
      }
    } finally {
      this.asking = false
    }
  }
}
