import { describe, expect, it } from 'vitest'
import type { StatusDocument } from '../../src/http/page/status-document.ts'
import { statusSchema } from '../http/page/status-schema.ts'
import { Ledger } from '../support/ledger.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings } from '../support/sink-process-settings.ts'
import { awaitStop, CLEAN, caughtUp } from '../support/sink-process-steps.ts'
import { stackInfo } from '../support/stack.ts'

async function urlOf(sink: SinkProcess): Promise<string> {
  const { url } = await sink.awaitMessage('metrics and health are served')
  return String(url)
}

/** The page's figures are as old as the last report of a worker. */
async function statusWhere(
  sink: SinkProcess,
  fits: (status: StatusDocument) => boolean,
): Promise<StatusDocument> {
  const url = `${await urlOf(sink)}/api/status`
  let status: StatusDocument | undefined
  await sink.eventually('shown', async () => {
    status = statusSchema.parse(await (await fetch(url)).json())
    return fits(status)
  })
  if (status === undefined) throw new Error('no status')
  return status
}

describe('the status page of a sink that runs', () => {
  it('shows what it wrote, and the partition that is stopped with the command that helps', async () => {
    const stack = stackInfo()
    const settings = newSettings('page', { flush: { records: 1_000, intervalMs: 500 } })
    const ledger = await Ledger.open(stack, settings.topic, 3)
    const sink = await SinkProcess.start(stack, settings)
    await ledger.produce(3_000)
    await caughtUp(sink, settings)
    const moved = await statusWhere(sink, ({ totals }) => totals.writtenRecords === 3_000)
    expect(moved).toMatchObject({ state: 'moving', reasons: [], totals: { partitions: 3 } })
    expect(moved.nameNode).toBe(stack.webhdfsUrls[0])
    expect(moved.files.reduce((sum, { records }) => sum + records, 0)).toBe(3_000)
    expect(moved.files.every(({ path }) => path.startsWith(`${settings.root}/`))).toBe(true)
    await statusWhere(sink, ({ totals: { lagRecords, bufferedBytes } }) => {
      return lagRecords === 0 && bufferedBytes === 0
    })

    await ledger.send(1, ['two\nlines'])
    await awaitStop(sink, 1, 'unwritable')
    const stopped = await statusWhere(sink, ({ state }) => state === 'attention')
    expect(stopped.partitions.rows[0]).toMatchObject({ partition: 1, state: 'stopped' })
    const page = await (await fetch(await urlOf(sink))).text()
    expect(page).toContain(`kafka-hdfs-sink offsets reset --topic ${settings.topic}:1 --to`)
    expect(page).toContain(`<th scope="row">hdfs.root</th><td>${settings.root}</td>`)
    expect(page).toContain('/explorer.html#/')
    expect(stopped.problems[0]?.text).toMatch(/^partition stopped: /)
    expect(await sink.stop()).toEqual(CLEAN)
  })
})
