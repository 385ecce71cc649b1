import { expect, test } from 'vitest'
import { sliceBatches } from '../../src/kafka/raw-fetch.ts'
import { batchBytes } from './batch-bytes.ts'

const first = batchBytes({ records: [{ offset: 0, value: 'a' }] })
const second = batchBytes({ records: [{ offset: 1, value: 'b' }] })

test('whole batches are cut apart without copying', () => {
  const bytes = Buffer.concat([first, second])
  const { batches, failure, byteLength } = sliceBatches(bytes)
  expect(batches).toEqual([first, second])
  expect(batches[0]!.buffer).toBe(bytes.buffer)
  expect(failure).toBeUndefined()
  expect(byteLength).toBe(bytes.length)
})

test('a batch that is cut off at the end is left for the next fetch, wherever the cut is', () => {
  for (let kept = 0; kept < second.length; kept += 1) {
    const { batches, failure } = sliceBatches(Buffer.concat([first, second.subarray(0, kept)]))
    expect(batches).toEqual([first])
    expect(failure).toBeUndefined()
  }
})

test('a first batch that does not end is damage: brokers send that one whole', () => {
  const { batches, failure } = sliceBatches(first.subarray(0, first.length - 1))
  expect(batches).toEqual([])
  expect(failure?.message).toBe(`it does not end within ${first.length - 1} bytes`)
})

test.for([-1, 0, 48])('a length of %i stops there, and what came before is kept', (length) => {
  const damaged = Buffer.from(second)
  damaged.writeInt32BE(length, 8)
  const { batches, failure } = sliceBatches(Buffer.concat([first, damaged]))
  expect(batches).toEqual([first])
  expect(failure?.message).toBe(`its length is ${length}`)
})

test('an unknown message format is damage', () => {
  const { batches, failure } = sliceBatches(batchBytes({ magic: 3 }))
  expect(batches).toEqual([])
  expect(failure?.message).toBe('its magic byte is 3')
})

test('an older message format behind newer batches is left for the next fetch', () => {
  const { batches, failure } = sliceBatches(Buffer.concat([first, batchBytes({ magic: 1 })]))
  expect(batches).toEqual([first])
  expect(failure).toBeUndefined()
})
