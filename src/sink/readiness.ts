import type { WorkerStatus } from './worker-protocol.ts'

export interface ReadinessCheck {
  readonly name: string
  readonly ok: boolean
  readonly reason: string
}

/** Whether restarting the process would help: its threads do not answer. Never Kafka or HDFS. */
export function livenessChecks(hangingWorkers: readonly number[]): ReadinessCheck[] {
  const hanging = hangingWorkers.join(', ')
  return [
    { name: 'event-loop', ok: true, reason: 'it answers' },
    {
      name: 'workers',
      ok: hangingWorkers.length === 0,
      reason:
        hanging === '' ? 'all that run report' : `no word for a minute from worker ${hanging}`,
    },
  ]
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
      reason:
        statuses.length === 0
          ? 'no worker was started yet: Kafka and its topics are looked for'
          : `${joined} of ${statuses.length} workers are members of the group`,
    },
    {
      name: 'hdfs',
      ok: problems.length === 0,
      reason: problems[0] ?? 'no call to HDFS has to be repeated',
    },
    {
      name: 'running',
      ok: !isDraining,
      reason: isDraining ? 'shutting down' : 'not shutting down',
    },
  ]
}
