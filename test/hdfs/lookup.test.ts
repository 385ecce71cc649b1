import { createServer, request } from 'node:http'
import type { LookupFunction } from 'node:net'
import { expect, it } from 'vitest'
import { rememberingLookup } from '../../src/hdfs/lookup.ts'

const ADDRESSES = [{ address: '10.0.0.1', family: 4 }]
const OPTIONS = { all: true, hints: 0 }

/** A resolver that counts what it is asked. */
function resolver(fails = () => false) {
  const asked: string[] = []
  const ask: LookupFunction = (host, _options, done) => {
    asked.push(host)
    queueMicrotask(() => (fails() ? done(new Error('no such host'), []) : done(null, ADDRESSES)))
  }
  return { asked, ask }
}

function lookUp(lookup: LookupFunction, host: string, options = OPTIONS): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  lookup(host, options, (error, address) => (error ? reject(error) : resolve(address)))
  return promise
}

it('asks once for a host that is needed again soon', async () => {
  let nowMs = 0
  const { asked, ask } = resolver()
  const lookup = rememberingLookup(() => nowMs, ask)
  expect(await lookUp(lookup, 'dn1')).toEqual(ADDRESSES)
  nowMs += 4_999
  expect(await lookUp(lookup, 'dn1')).toEqual(ADDRESSES)
  expect(asked).toEqual(['dn1'])
  nowMs += 1
  await lookUp(lookup, 'dn1')
  expect(asked).toEqual(['dn1', 'dn1'])
})

it('answers after it has returned, also from its memory', async () => {
  const lookup = rememberingLookup(() => 0, resolver().ask)
  await lookUp(lookup, 'dn1')
  let answered = false
  lookup('dn1', OPTIONS, () => {
    answered = true
  })
  expect(answered).toBe(false)
})

it('keeps hosts and kinds of questions apart', async () => {
  const { asked, ask } = resolver()
  const lookup = rememberingLookup(() => 0, ask)
  await lookUp(lookup, 'dn1')
  await lookUp(lookup, 'dn2')
  await lookUp(lookup, 'dn1', { all: false, hints: 0 })
  expect(asked).toEqual(['dn1', 'dn2', 'dn1'])
})

it('keeps no failure, nor an answer from before one', async () => {
  let nowMs = 0
  let failing = true
  const { asked, ask } = resolver(() => failing)
  const lookup = rememberingLookup(() => nowMs, ask)
  await expect(lookUp(lookup, 'dn1')).rejects.toThrow('no such host')
  failing = false
  await lookUp(lookup, 'dn1')
  nowMs += 5_000
  failing = true
  await expect(lookUp(lookup, 'dn1')).rejects.toThrow('no such host')
  expect(asked).toHaveLength(3)
})

it('keeps a bounded number', async () => {
  const { asked, ask } = resolver()
  const lookup = rememberingLookup(() => 0, ask)
  for (let n = 0; n <= 1_000; n++) await lookUp(lookup, `dn${n}`)
  await lookUp(lookup, 'dn1000')
  expect(asked).toHaveLength(1_001)
  await lookUp(lookup, 'dn0')
  expect(asked).toHaveLength(1_002)
})

it('is asked by Node for the connections of a request', async () => {
  const server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const { asked, ask } = resolver()
  const local: LookupFunction = (host, options, done) =>
    ask(host, options, (error) => done(error, [{ address: '127.0.0.1', family: 4 }]))
  const lookup = rememberingLookup(() => 0, local)
  for (let n = 0; n < 2; n++) {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
    const sent = request({ host: 'dn1.example', port, lookup, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
    sent.on('error', reject).end()
    expect(await promise).toBe(200)
  }
  expect(asked).toEqual(['dn1.example'])
  server.close()
})
