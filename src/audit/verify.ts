import type { AuditContext, Thoroughness } from './context.ts'
import type { Finding } from './findings.ts'
import { auditTopic, type PartitionReport } from './topic-audit.ts'

/** What `verify --json` prints. */
export interface VerifyReport {
  /** Grows when a field changes its meaning or goes. */
  readonly version: 1
  /** Nothing is wrong. */
  readonly ok: boolean
  readonly thoroughness: Thoroughness
  /** ISO 8601, UTC. What came later is not judged. */
  readonly startedAt: string
  readonly durationMs: number
  readonly group: string
  readonly root: string
  readonly problems: number
  /** Problems and notes by kind, also those that `findings` leaves out. */
  readonly counts: Readonly<Record<string, number>>
  readonly partitions: readonly PartitionReport[]
  /** At most 200 of a kind. */
  readonly findings: readonly Finding[]
}

/** Topics one after the other; `topics` says how many partitions each has. */
export async function verify(
  context: AuditContext,
  topics: ReadonlyMap<string, number>,
): Promise<VerifyReport> {
  const started = new Date()
  const partitions: PartitionReport[] = []
  for (const [topic, count] of topics) partitions.push(...(await auditTopic(context, topic, count)))
  const { findings, thoroughness, group, root } = context
  return {
    version: 1,
    ok: findings.problems === 0,
    thoroughness,
    startedAt: started.toISOString(),
    durationMs: Date.now() - started.getTime(),
    group,
    root,
    problems: findings.problems,
    counts: findings.counts,
    partitions,
    findings: findings.kept.toSorted(inReadingOrder),
  }
}

function inReadingOrder(a: Finding, b: Finding): number {
  if (a.level !== b.level) return a.level === 'problem' ? -1 : 1
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  const byPartition = (a.partition ?? -1) - (b.partition ?? -1)
  return byPartition || (a.startOffset ?? -1) - (b.startOffset ?? -1)
}
