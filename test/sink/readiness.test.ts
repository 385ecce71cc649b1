import { describe, expect, it } from 'vitest'
import { livenessChecks, readinessChecks } from '../../src/sink/readiness.ts'
import type { WorkerStatus } from '../../src/sink/worker-protocol.ts'

const WELL: WorkerStatus = { joined: true, assigned: 3, stopped: [], hdfsProblem: undefined }

function failing(statuses: readonly (WorkerStatus | undefined)[], isDraining = false): string[] {
  const checks = readinessChecks({ statuses, isDraining })
  expect(checks.map(({ name }) => name)).toEqual(['group', 'hdfs', 'running'])
  return checks.flatMap(({ name, ok, reason }) => (ok ? [] : [`${name}: ${reason}`]))
}

describe('the sink is ready', () => {
  it('when all workers are members and HDFS answers', () => {
    expect(failing([WELL, WELL])).toEqual([])
  })

  it('not before all workers have joined', () => {
    expect(failing([WELL, undefined])).toEqual(['group: 1 of 2 workers are members of the group'])
    expect(failing([{ ...WELL, joined: false }])).toHaveLength(1)
  })

  it('not before there are workers', () => {
    expect(failing([])).toEqual([
      'group: no worker was started yet: Kafka and its topics are looked for',
    ])
  })

  it('not while calls to HDFS have to be repeated', () => {
    expect(failing([WELL, { ...WELL, hdfsProblem: 'upload' }])).toEqual(['hdfs: upload'])
  })

  it('not while it is shutting down', () => {
    expect(failing([WELL], true)).toEqual(['running: shutting down'])
  })
})

describe('the sink is alive', () => {
  it('as long as its threads answer', () => {
    expect(livenessChecks([]).every(({ ok }) => ok)).toBe(true)
  })

  it('not when a worker says nothing', () => {
    expect(livenessChecks([1, 2])).toContainEqual({
      ...{ name: 'workers', ok: false, reason: 'no word for a minute from worker 1, 2' },
    })
  })
})
