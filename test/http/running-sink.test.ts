import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runningSink } from '../../src/http/running-sink.ts'
import { type HttpServer, startHttpServer } from '../../src/http/server.ts'
import { statusSample } from './page/sample.ts'

const STOPPED = { topic: 't', partition: 1, reason: 'group-moved', explanation: 'Because.' }

let stopped: readonly object[]
let server: HttpServer

beforeEach(async () => {
  stopped = [STOPPED]
  const check = { name: 'group', ok: false, reason: 'nobody' }
  const handlers = {
    group: 'g',
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    live: () => [],
    ready: () => [check],
    stopped: () => stopped,
    status: () => statusSample(),
  }
  server = await startHttpServer({ host: '127.0.0.1', port: 0, handlers })
})

afterEach(() => server.close())

describe('a sink that runs', () => {
  it('says which partitions it has stopped, and why, ready or not', async () => {
    const url = `${server.url}/readyz`
    expect(await runningSink(server.url, 'g', 1_000)).toEqual({
      url,
      answered: true,
      stopped: [STOPPED],
    })
  })

  it('is not taken for that of another group', async () => {
    expect(await runningSink(server.url, 'h', 1_000)).toEqual({
      url: `${server.url}/readyz`,
      answered: false,
      otherGroup: 'g',
      stopped: [],
    })
  })

  it('is not believed where it makes no sense', async () => {
    stopped = [{ ...STOPPED, partition: '1' }, { topic: 't' }]
    expect((await runningSink(server.url, 'g', 1_000)).stopped).toEqual([])
  })
})

it('where nobody listens no sink answers', async () => {
  await server.close()
  const { answered, stopped: none } = await runningSink(server.url, 'g', 1_000)
  expect([answered, none]).toEqual([false, []])
})

it('where nobody is named nobody is asked', async () => {
  expect(await runningSink(undefined, 'g', 1_000)).toEqual({
    url: null,
    answered: false,
    stopped: [],
  })
})
