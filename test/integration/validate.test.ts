import getPort from 'get-port'
import { expect, it } from 'vitest'
import type { Step } from '../../src/validate/checklist.ts'
import { listDirectory } from '../support/checker-webhdfs.ts'
import { Ledger } from '../support/ledger.ts'
import { runCommand } from '../support/sink-command.ts'
import { newSettings, type SinkSettings } from '../support/sink-process-settings.ts'
import { stackInfo } from '../support/stack.ts'

/** Its steps by name and what came of them; `-` for what was skipped. */
async function validate(settings: SinkSettings) {
  const { code, out, err } = await runCommand(stackInfo(), settings, ['validate', '--json'])
  const report = JSON.parse(out || 'null') as { ok: boolean; steps: Step[] } | null
  if (report === null) throw new Error(`validate ended with ${code}: ${err}`)
  expect(code).toBe(report.ok ? 0 : 1)
  const { steps } = report
  const outcomes = steps.map(({ name, outcome }) => `${outcome} ${name}`)
  return { code, steps, outcomes, failed: steps.filter(({ outcome }) => outcome === 'failed') }
}

async function rootOf({ root }: SinkSettings): Promise<string[]> {
  const all = await listDirectory(stackInfo(), '/')
  return all.map(({ pathSuffix }) => `/${pathSuffix}`).filter((path) => path === root)
}

it('a configuration that fits is good, every step of it, and nothing is left behind', async () => {
  const settings = newSettings('validate')
  await Ledger.open(stackInfo(), settings.topic, 2)
  const { code, outcomes } = await validate(settings)
  expect({ code, outcomes }).toEqual({
    code: 0,
    outcomes: [
      ...['DNS', 'TCP', 'brokers', 'topics', 'reading', 'group'],
      ...['DNS', 'TCP', 'NameNode', 'root writable', 'DataNode', 'xattrs', 'rename'],
      ...['concat', 'publishing', 'left behind'],
    ].map((name) => `ok ${name}`),
  })
  expect(await rootOf(settings)).toEqual([])

  const text = await runCommand(stackInfo(), settings, ['validate'])
  expect(text.out).toContain(`${settings.topic} with 2 partitions`)
  expect(text.err).toMatch(/is a valid configuration\.\nKafka and HDFS are as .* needs them\.\n$/)
})

it('a wrong port, a missing topic and a root of somebody else are found in one go', async () => {
  const stack = stackInfo()
  const closed = await getPort()
  const brokers = [`localhost:${closed}`, ...stack.brokers]
  const settings = newSettings('invalid', { kafka: { brokers }, hdfs: { user: 'mallory' } })
  const { failed, outcomes } = await validate(settings)
  expect(failed.map(({ name }) => name)).toEqual(['TCP', 'topics', 'root writable'])
  expect(failed.map(({ about }) => about)).toEqual([
    `broker localhost:${closed}`,
    settings.topic,
    settings.root,
  ])
  expect(failed[0]?.found).toContain('ECONNREFUSED')
  expect(failed[1]?.found).toContain(`No such topic: ${settings.topic}`)
  expect(failed[2]?.found).toContain('AccessControlException')
  expect(failed[2]?.help).toContain('Grant the user this access')
  expect(outcomes).toContain('ok brokers')
  expect(outcomes.filter((outcome) => outcome.startsWith('skipped'))).toHaveLength(6)
  expect(await rootOf(settings)).toEqual([])
})
