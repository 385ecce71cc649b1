import { expect, it } from 'vitest'
import { problemsOf } from '../support/checker.ts'
import { Ledger } from '../support/ledger.ts'
import { describeGroup } from '../support/ledger-kafka.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings } from '../support/sink-process-settings.ts'
import { CLEAN } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

const ENDLESS = { records: 1_000_000, intervalMs: 600_000 }

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s publishes and commits what is buffered, leaves the group, and ends with 0',
  async (signal) => {
    const stack = stackInfo()
    const settings = newSettings('shutdown', { flush: ENDLESS })
    const ledger = await Ledger.open(stack, settings.topic, 3)
    const sink = await SinkProcess.start(stack, settings)
    await ledger.produce(3_000)
    await sink.eventually(
      'read',
      async () => (await sink.metric('records_consumed_total')) === ledger.total,
    )
    expect(await sink.metric('records_committed_total')).toBe(0)
    expect((await describeGroup(stack, settings.group)).members).toBe(2)

    sink.kill(signal)
    expect(await sink.exit).toEqual(CLEAN)
    expect((await describeGroup(stack, settings.group)).members).toBe(0)
    expect(await problemsOf(stack, { ...settings, ledger })).toEqual([])
    const triggers = sink.log.filter(({ msg }) => msg === 'flushed').map(({ trigger }) => trigger)
    expect(triggers).toEqual(['shutdown', 'shutdown', 'shutdown'])
  },
)
