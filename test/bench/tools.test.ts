import { describe, expect, it } from 'vitest'
import { NameNodeClient } from '../../bench/load/name-node.ts'
import { runBenchTool } from '../../bench/tools/run-tool.ts'
import { fakeServer, json } from '../hdfs/fake-servers.ts'
import { created, dataNode } from '../hdfs/upload-servers.ts'

/** Says yes to everything, and sends every file to this DataNode. */
function nameNodeFor(host: string) {
  return fakeServer(({ op, path, response }) => {
    if (op !== 'CREATE') return json(response, 200, {})
    json(response, 200, { Location: `http://${host}/webhdfs/v1${path}?op=CREATE` })
  })
}

describe('the ceiling of writing', () => {
  it('uploads as many files as it is told, each of the right size', async () => {
    const sizes: number[] = []
    const node = await dataNode((asked, body) => {
      sizes.push(body.length)
      created(asked)
    })
    const { url } = await nameNodeFor(node.host)
    const report = await runBenchTool('raw-upload', [url, 'u', '/run', 3, 1_500_000, 2])
    expect(sizes).toEqual([1_500_000, 1_500_000, 1_500_000])
    expect(report.seconds).toBeGreaterThan(0)
    expect(report.endedMs).toBeGreaterThan(report.startedMs)
  })
})

describe('the ceiling of small files', () => {
  const ops = (asked: readonly string[]) => asked.map((request) => request.split(' ')[1])

  it('sends the requests of a flush in the order of the protocol', async () => {
    const node = await dataNode(created)
    const nameNode = await nameNodeFor(node.host)
    await runBenchTool('raw-flush', [nameNode.url, 'u', '/run', 1, 1, 1_010, 8, 'all'])
    const flush = ['CREATE', 'GETFILESTATUS', 'SETXATTR', 'GETFILESTATUS', 'RENAME', 'RENAME']
    const sent = ops(nameNode.asked).filter((op) => op !== 'MKDIRS')
    expect(sent).toEqual(flush)
    expect(node.asked).toHaveLength(1)
  })

  it('sends only what makes a whole file appear, where that is asked for', async () => {
    const node = await dataNode(created)
    const nameNode = await nameNodeFor(node.host)
    await runBenchTool('raw-flush', [nameNode.url, 'u', '/run', 2, 3, 1_010, 8, 'least'])
    const counts = Object.groupBy(ops(nameNode.asked), (op) => op ?? '')
    expect(counts.CREATE).toHaveLength(6)
    expect(counts.RENAME).toHaveLength(6)
    expect(counts.GETFILESTATUS).toBeUndefined()
  })
})

describe('the cost of a codec', () => {
  it.each(['gzip', 'zstd'])('is measured for %s by itself', async (codec) => {
    const report = await runBenchTool('codec-cost', [codec, 1, '100 B', 2_500, 1_000])
    expect(report.cpuSeconds).toBeGreaterThan(0)
  })
})

describe('the NameNode as the bench asks it', () => {
  it('lists nothing where there is no directory', async () => {
    const { url } = await fakeServer(({ response }) => json(response, 404, {}))
    expect(await new NameNodeClient(url, 'u').list('/none')).toEqual([])
  })

  it('counts its own operations', async () => {
    const { url } = await fakeServer(({ response }) =>
      json(response, 200, { beans: [{ TotalFileOps: 42 }] }),
    )
    expect(await new NameNodeClient(url, 'u').operations()).toBe(42)
  })

  it('says what it could not do', async () => {
    const { url } = await fakeServer(({ response }) => json(response, 404, { why: 'gone' }))
    await expect(new NameNodeClient(url, 'u').rename('/a', '/b')).rejects.toThrow(
      'RENAME /a: 404 {"why":"gone"}',
    )
  })
})
