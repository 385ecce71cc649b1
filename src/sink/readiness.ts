import type { WorkerStatus } from './worker-protocol.ts'

export interface ReadinessCheck {
  readonly name: string
  readonly ok: boolean
  readonly reason: string
}

/** Whether records are being moved now, from what the workers reported last. */
export function readinessChecks(found: {
  readonly statuses: readonly (WorkerStatus | undefined)[]
  readonly isDraining: boolean
}): ReadinessCheck[] {
  const { statuses, isDraining } = found
  const joined = statuses.filter((status) => status?.joined).length
  const problems = statuses.flatMap((status) => status?.hdfsProblem ?? [])
  return [
    {
      name: 'group',
      ok: statuses.length > 0 && joined === statuses.length,
      reason: `${joined} of ${statuses.length} workers are members of the group`,
    },
    {
      name: 'hdfs',
      ok: problems.length === 0,
      reason: problems[0] ?? 'no call has to be repeated',
    },
    {
      name: 'running',
      ok: !isDraining,
      reason: isDraining ? 'shutting down' : 'not shutting down',
    },
  ]
}
