import { afterAll, beforeAll, expect, it } from 'vitest'
import { createFileSystem, type FileSystemOptions } from '../../src/hdfs/file-system.ts'
import { type Stack, startStack } from '../../stack/index.ts'
import { failureOf, silentLog } from '../hdfs/fake-servers.ts'

let stack: Stack
let fs: ReturnType<typeof createFileSystem>

function open(more: Partial<FileSystemOptions> = {}) {
  return createFileSystem({
    urls: stack.webhdfsUrls,
    user: stack.hdfsUser,
    requestTimeoutMs: 10_000,
    uploadIdleTimeoutMs: 20_000,
    logger: silentLog,
    ...more,
  })
}

beforeAll(async () => {
  stack = await startStack()
  fs = open()
  await fs.makeDirectory('/outage')
}, 180_000)

afterAll(async () => {
  fs?.close()
  await stack?.stop()
})

const file = [Buffer.from('x')]

it('a NameNode that is killed and started again is an outage, and nothing acknowledged is lost', async () => {
  const names = new Set<string>()
  const acknowledged: string[] = []
  let ended = false
  await fs.makeDirectory('/outage/renames/0')
  // Renames in a row over the outage; after an error in doubt look which name is there.
  const renaming = (async () => {
    for (let n = 0; !ended; n++) {
      try {
        await fs.rename(`/outage/renames/${n}`, `/outage/renames/${n + 1}`)
        acknowledged.push(String(n + 1))
      } catch (error) {
        if (!(error instanceof Error) || !('action' in error)) throw error
        names.add(`${error.name} ${error.action}`)
        const entries = await fs.list('/outage/renames').catch(() => undefined)
        n = (entries === undefined ? n : Number(entries[0]?.name)) - 1
      }
    }
  })()
  await expect.poll(() => acknowledged.length).toBeGreaterThan(20)
  await stack.nameNode.kill()
  const during = Number(acknowledged.at(-1))
  expect(await failureOf(fs.rename('/outage/renames/x', '/outage/renames/y'))).toMatchObject({
    name: 'NameNodeUnreachableError',
    action: 'retry',
    ambiguous: false,
  })
  await stack.nameNode.start()
  await expect.poll(() => Number(acknowledged.at(-1)), { timeout: 30_000 }).toBeGreaterThan(during)
  ended = true
  await renaming
  const entries = await fs.list('/outage/renames')
  expect(entries?.map(({ name }) => name)).toEqual([acknowledged.at(-1)])
  const allowed = [
    'ConnectionLostError retry',
    'NameNodeUnreachableError retry',
    'NameNodeNotReadyError retry',
    'SafeModeError retry',
    'RequestTimeoutError retry',
    'NotFoundError retry',
  ]
  expect(allowed).toEqual(expect.arrayContaining([...names]))
  await expect
    .poll(() => fs.upload(`/outage/after-${Math.random()}`, file).then(() => 'ok', String), {
      timeout: 30_000,
    })
    .toBe('ok')
}, 120_000)

it('a NameNode that hangs is given up, and its late execution is announced', async () => {
  const hasty = open({ requestTimeoutMs: 300 })
  await hasty.makeDirectory('/outage/hung')
  await stack.nameNode.pause()
  const call = hasty.rename('/outage/hung', '/outage/late')
  expect(await failureOf(call)).toMatchObject({ name: 'RequestTimeoutError', ambiguous: true })
  await stack.nameNode.resume()
  hasty.close()
  // It was in the socket: executed after its sender gave up.
  await expect.poll(async () => (await fs.status('/outage/late'))?.type).toBe('directory')
})

it('safe mode refuses changes for sure and answers reads', async () => {
  const admin = 'org.apache.hadoop.hdfs.tools.DFSAdmin'
  await stack.hadoop(admin, ['-safemode', 'enter'])
  const safeMode = { name: 'SafeModeError', action: 'retry', ambiguous: false }
  expect(await failureOf(fs.makeDirectory('/outage'))).toMatchObject(safeMode)
  expect(await failureOf(fs.rename('/outage', '/b'))).toMatchObject(safeMode)
  expect(await failureOf(fs.upload('/outage/safe', file))).toMatchObject({
    ...safeMode,
    ambiguous: true,
  })
  expect(await fs.list('/outage')).toBeDefined()
  await stack.hadoop(admin, ['-safemode', 'leave'])
  await fs.makeDirectory('/outage')
})

it('a DataNode that is killed surely has nothing; a hung one is given up', async () => {
  const hasty = open({ uploadIdleTimeoutMs: 500 })
  await stack.dataNode.pause()
  const late = hasty.upload('/outage/hung-datanode', [Buffer.alloc(32_000_000)])
  expect(await failureOf(late)).toMatchObject({ name: 'RequestTimeoutError', ambiguous: true })
  await stack.dataNode.resume()
  hasty.close()
  await stack.dataNode.kill()
  expect(await failureOf(fs.upload('/outage/no-datanode', file))).toMatchObject({
    action: 'retry',
    ambiguous: false,
  })
  expect(await fs.status('/outage/no-datanode')).toBeUndefined()
  await stack.dataNode.start()
  await fs.upload('/outage/datanode-again', file)
  expect(await fs.status('/outage/datanode-again')).toMatchObject({ byteLength: 1 })
}, 90_000)
