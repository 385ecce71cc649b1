import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Stack, startStack } from '../../stack/index.ts'
import { coordinatorAnswers } from '../../stack/kafka-probe.ts'
import { isAlive } from '../../stack/runs.ts'
import { fsShell, kafkaTool, stackInfo } from '../support/stack.ts'

const OWNER = path.join(import.meta.dirname, '../support/stack-owner.ts')
const RECORD = 'Zoë picks 파랑'

function client(brokers: string[]): Kafka {
  return new Kafka({ clientId: 'stack-test', brokers, logLevel: logLevel.NOTHING })
}

async function produce(brokers: string[], topic: string, value: string): Promise<void> {
  const producer = client(brokers).producer()
  await producer.connect()
  await producer.send({ topic, messages: [{ value }] })
  await producer.disconnect()
}

async function firstRecord(brokers: string[], topic: string): Promise<string | undefined> {
  const consumer = client(brokers).consumer({ groupId: `read-${topic}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const value = new Promise<string | undefined>((resolve) => {
    void consumer.run({ eachMessage: async ({ message }) => resolve(message.value?.toString()) })
  })
  return await value.finally(() => consumer.disconnect())
}

/** Step 2 not by fetch: it stumbles over the DataNode's early "100 Continue". */
async function createFile(url: string, user: string, file: string, body: string): Promise<number> {
  const create = `${url}/webhdfs/v1${file}?op=CREATE&noredirect=true&user.name=${user}`
  const response = await fetch(create, { method: 'PUT' })
  const { Location } = (await response.json()) as { Location: string }
  return await new Promise((resolve, reject) => {
    const upload = request(Location, { method: 'PUT' }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0))
    })
    upload.once('error', reject).end(body)
  })
}

describe('the stack of this run', () => {
  it('takes a record and gives it back', async () => {
    const { brokers } = stackInfo()
    await produce(brokers, 'stack-roundtrip', RECORD)
    expect(await firstRecord(brokers, 'stack-roundtrip')).toBe(RECORD)
  })

  it('stores a file sent by WebHDFS so that its own shell reads the same bytes', async () => {
    const { webhdfsUrls, hdfsUser } = stackInfo()
    const file = '/stack-test/file'
    expect(await createFile(webhdfsUrls[0] ?? '', hdfsUser, file, RECORD)).toBe(201)
    expect((await fsShell('-cat', file)).toString()).toBe(RECORD)
  })

  it('runs the tools of Kafka', async () => {
    const { brokers } = stackInfo()
    await produce(brokers, 'stack-tools', RECORD)
    const server = ['--bootstrap-server', brokers.join(',')]
    const { stdout } = await kafkaTool('org.apache.kafka.tools.TopicCommand', [...server, '--list'])
    expect(stdout.toString().split('\n')).toContain('stack-tools')
  })
})

describe('daemons that are taken away', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  }, 180_000)
  afterAll(async () => {
    await stack.stop()
  })

  it('come back on the same addresses with their data', async () => {
    const url = stack.webhdfsUrls[0] ?? ''
    expect(await createFile(url, stack.hdfsUser, '/kept', RECORD)).toBe(201)
    await produce(stack.brokers, 'kept', RECORD)
    const daemons = [stack.kafka, stack.nameNode, stack.dataNode]
    await Promise.all(daemons.map((daemon) => daemon.kill()))
    expect(daemons.map((daemon) => daemon.running)).toEqual([false, false, false])
    await Promise.all(daemons.map((daemon) => daemon.start()))
    expect(await firstRecord(stack.brokers, 'kept')).toBe(RECORD)
    const { stdout } = await stack.hadoop('org.apache.hadoop.fs.FsShell', ['-cat', '/kept'])
    expect(stdout.toString()).toBe(RECORD)
  }, 120_000)

  it('answer nothing while they are paused, and go on afterwards', async () => {
    const status = `${stack.webhdfsUrls[0]}/webhdfs/v1/?op=GETFILESTATUS`
    await stack.nameNode.pause()
    await expect(fetch(status, { signal: AbortSignal.timeout(300) })).rejects.toThrow(/timeout/)
    await stack.nameNode.resume()
    expect((await fetch(status)).status).toBe(200)
  })

  it('stop gently when asked', async () => {
    await stack.dataNode.stop()
    expect(stack.dataNode.running).toBe(false)
    await stack.dataNode.start()
    expect(stack.dataNode.running).toBe(true)
  })
})

/** What stack-owner.ts prints. */
interface OwnedStack {
  pids: number[]
  brokers: [string]
  directory: string
}

describe('a stack whose owner is killed', () => {
  it('leaves no daemon behind', async () => {
    const owner = spawn(process.execPath, [OWNER], {
      env: { ...process.env, STACK: stackInfo().kind },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void owner.kill('SIGKILL'))
    const [line] = await once(createInterface({ input: owner.stdout }), 'line')
    const { pids, brokers, directory } = JSON.parse(line) as OwnedStack
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    // A container has no process id on this machine.
    expect(pids).toHaveLength(stackInfo().kind === 'jars' ? 3 : 0)
    expect(pids.filter(isAlive)).toEqual(pids)
    expect(await coordinatorAnswers(brokers[0])).toBe(true)
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    // Where Ryuk is switched off, containers go when the next stack starts.
    if (stackInfo().kind === 'containers') await (await startStack()).stop()
    await expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([])
    await expect(coordinatorAnswers(brokers[0])).rejects.toThrow('ECONNREFUSED')
  }, 180_000)
})
