import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createFileSystem } from '../../src/hdfs/file-system.ts'
import { FaultProxy } from '../faults/fault-proxy.ts'
import { failureOf, silentLog } from '../hdfs/fake-servers.ts'
import { createTopic, kafkaClient, withAdmin } from '../support/ledger-kafka.ts'
import { stackInfo } from '../support/stack.ts'

const stack = stackInfo()
let proxy: FaultProxy
let fs: ReturnType<typeof createFileSystem>

beforeAll(async () => {
  proxy = await FaultProxy.start(stack)
  fs = open(20_000)
})

function open(timeoutMs: number) {
  return createFileSystem({
    urls: proxy.webhdfsUrls,
    user: stack.hdfsUser,
    requestTimeoutMs: timeoutMs,
    uploadIdleTimeoutMs: timeoutMs,
    logger: silentLog,
  })
}

afterEach(() => proxy?.clear())

afterAll(async () => {
  fs?.close()
  await proxy?.close()
})

const file = [Buffer.alloc(400_000, 'a'), Buffer.alloc(300_000, 'b')]
const length = 700_000
const lost = { name: 'ConnectionLostError', action: 'retry', ambiguous: true }

describe('in front of HDFS', () => {
  it('relays everything, and redirects to itself', async () => {
    const uploads = proxy.notice({ op: 'CREATE_DATA' })
    await fs.makeDirectory('/relay/한글 %41+b')
    await fs.upload('/relay/한글 %41+b/file', file)
    expect(await fs.status('/relay/한글 %41+b/file')).toMatchObject({ byteLength: length })
    expect(uploads.struck).toBe(1)
  })

  it('drops the reply of what was executed, as often as it was told to', async () => {
    await fs.makeDirectory('/reply/head.0.5.-.a')
    const strike = proxy.dropReply({ op: 'RENAME', step: 'commit' }, 1)
    await fs.rename('/reply/head.0.5.-.a', '/reply/head.1.5.-.b')
    expect(strike.struck).toBe(0)
    const commit = fs.rename('/reply/head.1.5.-.b', '/reply/head.2.9.f.b')
    expect(await failureOf(commit)).toMatchObject(lost)
    await strike.done
    expect(strike.statuses).toEqual([200])
    await fs.rename('/reply/head.2.9.f.b', '/reply/head.3.12.g.b')
  })

  it('drops requests before they are executed', async () => {
    const strike = proxy.dropRequest({ op: 'MKDIRS' })
    expect(await failureOf(fs.makeDirectory('/dropped'))).toMatchObject(lost)
    expect(strike.struck).toBe(1)
    expect(await fs.status('/dropped')).toBeUndefined()
  })

  it.each([
    [0, 0],
    [1, 1],
    ['half', length / 2],
    ['last', length - 1],
  ] as const)('cuts an upload off at byte %s', async (at, bytes) => {
    await fs.makeDirectory('/cut')
    const strike = proxy.resetUpload(at)
    expect(await failureOf(fs.upload(`/cut/${at}`, file))).toMatchObject(lost)
    expect(strike.struck).toBe(1)
    const size = async () => (await fs.status(`/cut/${at}`))?.byteLength
    await expect.poll(size, { timeout: 5_000 }).toBe(bytes)
  })

  it('delivers a request after its sender gave up', async () => {
    await fs.makeDirectory('/late')
    const held = proxy.hold({ op: 'CREATE_DATA' })
    const hasty = open(1_000)
    const upload = failureOf(hasty.upload('/late/file', file)).finally(() => hasty.close())
    expect(await upload).toMatchObject({ name: 'RequestTimeoutError' })
    await held.abandoned
    expect(await fs.status('/late/file')).toBeUndefined()
    expect(await held.deliver()).toEqual([201])
    expect(await fs.status('/late/file')).toMatchObject({ byteLength: length })
  })

  it('delivers the rest of an upload while its sender waits', async () => {
    await fs.makeDirectory('/rest')
    const held = proxy.hold({ op: 'CREATE_DATA' }, { at: 'half' })
    const upload = fs.upload('/rest/file', file)
    await held.done
    const size = async () => (await fs.status('/rest/file'))?.byteLength
    await expect.poll(size).toBe(0)
    await held.deliver()
    await upload
    expect(await size()).toBe(length)
  })

  it('cuts the line and heals it: what was on its way arrives', async () => {
    proxy.cut('hdfs')
    const hasty = open(500)
    const call = failureOf(hasty.makeDirectory('/healed')).finally(() => hasty.close())
    expect(await call).toMatchObject({ name: 'RequestTimeoutError', ambiguous: true })
    proxy.heal('hdfs')
    await expect.poll(async () => (await fs.status('/healed'))?.type).toBe('directory')
  })

  it('slows down what it relays', async () => {
    await fs.makeDirectory('/slow')
    const slow = proxy.slow(50, 2_000_000)
    const startedMs = performance.now()
    await fs.upload('/slow/file', file)
    expect(performance.now() - startedMs).toBeGreaterThan(6 * 50 + 350)
    expect(slow.slowed()).toBeGreaterThanOrEqual(6)
  })
})

describe('in front of Kafka', () => {
  it('relays everything, and tells its own address for the broker', async () => {
    const fetches = proxy.notice({ op: 'Fetch' }, 3)
    await createTopic(proxy.through(stack), 'relayed', 1)
    const producer = kafkaClient(proxy).producer()
    await producer.connect()
    const value = Buffer.alloc(300_000, 'x')
    await producer.send({ topic: 'relayed', messages: [{ value }, { value }, { value: 'end' }] })
    await producer.disconnect()
    const consumer = kafkaClient(proxy).consumer({ groupId: 'relayed', maxWaitTimeInMs: 200 })
    await consumer.connect()
    await consumer.subscribe({ topic: 'relayed', fromBeginning: true })
    const sizes: (number | undefined)[] = []
    await consumer.run({
      eachMessage: async ({ message }) => {
        sizes.push(message.value?.length)
      },
    })
    await expect.poll(() => sizes, { timeout: 20_000 }).toEqual([300_000, 300_000, 3])
    await fetches.done
    await consumer.disconnect()
  })

  it('loses the reply of an OffsetCommit that took effect', async () => {
    await createTopic(stack, 'committed', 1)
    const kafka = kafkaClient(proxy)
    const lostReply = proxy.dropReply({ op: 'OffsetCommit' }, 1)
    const admin = kafka.admin({ retry: { retries: 5, initialRetryTime: 100 } })
    await admin.connect()
    const partitions = [{ partition: 0, offset: '7' }]
    await admin.setOffsets({ groupId: 'g', topic: 'committed', partitions }).catch(() => undefined)
    await lostReply.done
    await admin.disconnect()
    const [found] = await withAdmin(stack, (direct) =>
      direct.fetchOffsets({ groupId: 'g', topics: ['committed'] }),
    )
    expect(found?.partitions[0]?.offset).toBe('7')
  })
})
