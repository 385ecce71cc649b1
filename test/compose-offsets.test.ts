import { expect, it } from 'vitest'
import {
  executeReset,
  PartlyMovedError,
  planReset,
  type ResetOptions,
} from '../src/compose-offsets.ts'
import type { Tools } from '../src/compose-tools.ts'
import { formatMetadata } from '../src/core/journal.ts'
import type { CommittedOffset } from '../src/core/ports.ts'
import { GroupInUseError } from '../src/kafka/group-offsets.ts'
import { SimFileSystem } from './simulation/sim-file-system.ts'
import { found, world } from './sink/journals.ts'

const OPTIONS: ResetOptions = {
  selection: { topic: 't' },
  target: { kind: 'latest' },
  reason: undefined,
  execute: true,
  newJournal: false,
  keepFiles: false,
}

/** A group and a log in memory, over a simulated HDFS: all that a reset asks for. */
async function sink() {
  const { hdfs, schedule, store } = world()
  await store('a').create({ start: 50, writer: 'a-0', topicId: undefined }, 'id')
  const group = {
    committed: { offset: 50, metadata: formatMetadata('id', 0) } as CommittedOffset,
    /** What a commit fails with. */
    refusal: undefined as Error | undefined,
  }
  const fs = new SimFileSystem(hdfs, 'tool', schedule)
  const tools = {
    config: {
      kafka: { group: 'g' },
      hdfs: { root: '/out', path: '{topic}/{partition}/{startOffset}-{endOffset}.{extension}' },
    },
    fs: Object.assign(fs, { listPage: async () => undefined }),
    kafka: {
      groupState: async () => ({ state: 'Empty', members: [] }),
      committedOffset: async () => group.committed,
      logBounds: async () => ({ start: 0, end: 90 }),
      commitToEmptyGroup: async ([offset]: readonly [CommittedOffset]) => {
        if (group.refusal !== undefined) throw group.refusal
        group.committed = offset
      },
    },
    clusterId: 'c',
    topics: new Map([['t', 1]]),
    repeat: (_component: string, _op: string, call: () => Promise<unknown>) => call(),
  } as unknown as Tools
  const reset = async (options: ResetOptions) =>
    executeReset(tools, await planReset(tools, options), options, () => undefined)
  const stands = async () => [(await found(store('b'))).head.end, group.committed.offset]
  return { group, reset, stands }
}

it('a reset that moved the journal only says so, and is completed by the command that it names', async () => {
  const { group, reset, stands } = await sink()
  group.refusal = new GroupInUseError('g', [{ memberId: 'm', clientId: 'late', host: 'there' }])
  const error = await reset(OPTIONS).catch((caught) => caught)
  expect(error).toBeInstanceOf(PartlyMovedError)
  expect(error.message).toMatch(/^The journal of t-0 was moved to 90, but the group was not: /)
  expect(error.message).toContain('late at there')
  expect(error.message).toMatch(/with --to 90, completes it\.$/)
  expect(await stands()).toEqual([90, 50])

  group.refusal = undefined
  await reset({ ...OPTIONS, target: { kind: 'offset', offset: 90 } })
  expect(await stands()).toEqual([90, 90])
  expect(group.committed.metadata).toMatch(/ journal=id seq=\d+$/)
})
