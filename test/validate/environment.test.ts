import { beforeEach, describe, expect, it } from 'vitest'
import { OtherNameNodeError } from '../../src/core/errors.ts'
import {
  DataNodeUnreachableError,
  PermissionDeniedError,
  RequestRefusedError,
  SafeModeError,
} from '../../src/hdfs/errors.ts'
import type { Step } from '../../src/validate/checklist.ts'
import { checkEnvironment } from '../../src/validate/environment.ts'
import { FakeHdfs, FakeKafka, FakeNetwork } from './fakes.ts'

let network: FakeNetwork
let kafka: FakeKafka
let fs: FakeHdfs

beforeEach(() => {
  network = new FakeNetwork()
  kafka = new FakeKafka()
  fs = new FakeHdfs()
})

const failure = (op: string, path: string, detail: string, hint: string, exception?: string) => ({
  ...{ op, path, detail, hint, exception, nameNode: 'http://nn:9870' },
  ...{ status: 403, ambiguous: false },
})

async function check({
  wanted = ['clicks'] as readonly string[] | RegExp,
  urls = ['http://nn:9870'],
  alone = (_: string) => fs.status.bind(fs),
  signal = new AbortController().signal,
} = {}) {
  const reported: Step[] = []
  const hdfs = { fs, alone: (url: string) => ({ status: alone(url) }) }
  const root = { root: '/kafka', journals: '/kafka/_sink', files: '/kafka', user: 'hdfs', id: 'x' }
  const settings = {
    kafka: { brokers: ['broker-1:9092'], group: 'g', wanted },
    hdfs: { urls, ...root },
  }
  const report = (step: Step) => reported.push(step)
  const { ok, steps } = await checkEnvironment({ network, kafka, hdfs }, settings, {
    report,
    signal,
  })
  expect(steps).toEqual(reported)
  const byOutcome = (wanted: Step['outcome']) =>
    steps.filter(({ outcome }) => outcome === wanted).map(({ name }) => name)
  const failed = steps.filter(({ outcome }) => outcome === 'failed')
  // Whatever fails says what to do.
  expect(failed.filter(({ help }) => !help)).toEqual([])
  return { ok, steps, failed, skipped: byOutcome('skipped'), warned: byOutcome('warned') }
}

it('all is well, and nothing is left behind', async () => {
  const { ok, steps } = await check()
  expect(ok).toBe(true)
  expect(steps.map(({ outcome }) => outcome)).toEqual(steps.map(() => 'ok'))
  expect(await fs.list('/')).toEqual([])
})

it('directories that were there before stay', async () => {
  await fs.makeDirectory('/kafka')
  await check()
  expect((await fs.list('/'))?.map(({ name }) => name)).toEqual(['kafka'])
  expect(await fs.list('/kafka')).toEqual([])
})

describe('of Kafka', () => {
  it('a name that does not resolve leaves the rest of Kafka out, and not HDFS', async () => {
    network.unknown.add('broker-1')
    const { ok, failed, skipped, steps } = await check()
    expect(ok).toBe(false)
    expect(failed).toMatchObject([{ name: 'DNS', about: 'broker broker-1' }])
    expect(skipped).toEqual(['TCP', 'brokers', 'topics', 'group'])
    expect(steps.at(-1)).toMatchObject({ name: 'left behind', outcome: 'ok' })
  })

  it('a broker that announces an address which cannot be reached is named', async () => {
    kafka.announced.push({ host: 'internal', port: 19092 })
    network.closed.add(19092)
    const { failed, skipped } = await check()
    expect(failed).toMatchObject([{ name: 'TCP', about: 'announced broker internal:19092' }])
    expect(failed[0]?.found).toContain('ECONNREFUSED')
    expect(failed[0]?.help).toContain('advertised.listeners')
    expect(skipped).toEqual(['topics', 'group'])
  })

  it('a missing topic, and a pattern that matches none', async () => {
    const missing = await check({ wanted: ['clicks', 'klicks'] })
    expect(missing.failed).toMatchObject([{ name: 'topics', about: 'klicks' }])
    const none = await check({ wanted: /^web/ })
    expect(none.failed).toMatchObject([{ name: 'topics', found: 'no topic matches' }])
  })

  it('missing rights, each by its name; the group is asked as a member that is not there', async () => {
    kafka.refused.add('read').add('group')
    const { failed } = await check()
    expect(failed.map(({ name, about }) => [name, about])).toEqual([
      ['reading', 'clicks'],
      ['group', 'g'],
    ])
    expect(failed[0]?.help).toContain('READ')
    expect(kafka.left).toEqual(['kafka-hdfs-sink-validate'])
  })
})

describe('of HDFS', () => {
  const urls = ['http://nn1:9870', 'http://nn2:9870']
  const standby = async () => {
    throw new OtherNameNodeError(failure('GETFILESTATUS', '/', 'standby', 'Wait.'))
  }

  it('one of two NameNodes is active, the other a standby', async () => {
    const alone = (url: string) => (url === urls[0] ? standby : fs.status.bind(fs))
    const { ok, steps } = await check({ urls, alone })
    expect(ok).toBe(true)
    const found = steps.filter(({ name }) => name === 'NameNode').map((step) => step.found)
    expect(found).toEqual(['standby', 'active'])
  })

  it('two that call themselves active, and none', async () => {
    expect((await check({ urls })).failed).toMatchObject([
      { name: 'NameNodes', found: '2 call themselves active' },
    ])
    const none = await check({ alone: () => standby })
    expect(none.failed).toMatchObject([{ name: 'NameNode', found: 'standby' }])
    expect(none.skipped).toContain('root writable')
  })

  it('a root of somebody else, and safe mode', async () => {
    const causes = [
      new PermissionDeniedError(
        failure('MKDIRS', '/', 'Permission denied', 'Grant it.', 'AccessControlException'),
      ),
      new SafeModeError(failure('MKDIRS', '/', 'safe mode', 'Look why. It is tried again.')),
    ]
    for (const cause of causes) {
      fs.before = () => {
        throw cause
      }
      const { failed, skipped } = await check()
      expect(failed.map(({ name }) => name)).toEqual(['root writable'])
      expect(failed[0]?.help).toBe(cause.hint.replace(' It is tried again.', ''))
      expect(skipped).toHaveLength(6)
    }
  })

  it('a DataNode that the redirect names and nobody reaches', async () => {
    fs.before = (op, path) => {
      if (op !== 'CREATE') return
      const found = failure(op, path, 'no connection to DataNode dn:9864', 'Check.')
      throw new DataNodeUnreachableError(found)
    }
    const { failed, skipped } = await check()
    expect(failed).toMatchObject([{ name: 'DataNode', found: 'no connection to DataNode dn:9864' }])
    expect(failed[0]?.help).toContain('dfs.datanode.hostname')
    expect(skipped).toEqual(['publishing', 'concat'])
    expect(await fs.list('/')).toEqual([])
  })

  it('where files cannot be joined the sink works all the same', async () => {
    fs.before = (op, path) => {
      if (op !== 'CONCAT') return
      throw new RequestRefusedError(failure(op, path, 'in an encryption zone', ''))
    }
    const { ok, warned } = await check()
    expect({ ok, warned }).toEqual({ ok: true, warned: ['concat'] })
    expect(await fs.list('/')).toEqual([])
  })

  it('a rename that replaces is no rename', async () => {
    const rename = fs.rename.bind(fs)
    fs.rename = async (from, to) => {
      if (to.endsWith('/taken')) await fs.delete(to)
      await rename(from, to)
    }
    const { failed } = await check()
    expect(failed).toMatchObject([{ name: 'rename', found: 'a rename replaced what had the name' }])
  })

  it('when it is cancelled what was made is removed, and the rest is not begun', async () => {
    const cancelling = new AbortController()
    fs.before = (op) => {
      if (op === 'CREATE') cancelling.abort()
    }
    const { ok, skipped } = await check({ signal: cancelling.signal })
    expect({ ok, skipped }).toEqual({
      ok: false,
      skipped: ['xattrs', 'rename', 'concat', 'publishing'],
    })
    expect(await fs.list('/')).toEqual([])
  })
})
