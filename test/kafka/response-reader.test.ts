import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ResponseBuffers } from '../../src/kafka/response-buffers.ts'
import { MalformedResponseError, ResponseReader } from '../../src/kafka/response-reader.ts'

const MIB = 1024 * 1024

function responseOf(byteLength: number): Buffer {
  const response = randomBytes(4 + byteLength)
  response.writeInt32BE(byteLength)
  return response
}

/** As the kernel does it: as much as there is room for, at most `atOnce`. */
function feed(reader: ResponseReader, bytes: Buffer, atOnce: () => number): void {
  for (let position = 0; position < bytes.length; ) {
    const copied = bytes.copy(reader.nextBuffer(), 0, position, position + Math.max(1, atOnce()))
    if (copied === 0) throw new Error('there was no room')
    position += copied
    reader.received(copied)
  }
}

function reading() {
  const seen: Buffer[] = []
  const buffers = new ResponseBuffers(8 * MIB)
  return { seen, buffers, reader: new ResponseReader(buffers, (response) => seen.push(response)) }
}

test('responses of any size come whole and in order, however they are cut on their way', () => {
  const size = fc.oneof(fc.integer({ min: 4, max: 40 }), fc.integer({ min: 4000, max: 30_000 }))
  const pieces = fc.array(fc.oneof(fc.nat(10), fc.nat(20_000)), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(fc.array(size, { maxLength: 12 }), pieces, (sizes, cuts) => {
      const { seen, reader } = reading()
      const responses = sizes.map(responseOf)
      let turn = 0
      feed(reader, Buffer.concat(responses), () => cuts[turn++ % cuts.length]!)
      expect(Buffer.concat(seen).equals(Buffer.concat(responses))).toBe(true)
      expect(seen.map(({ length }) => length)).toEqual(responses.map(({ length }) => length))
    }),
    { numRuns: 40 },
  )
})

test('of a large response only the beginning is copied', () => {
  const { seen, reader, buffers } = reading()
  feed(reader, responseOf(3 * MIB), () => 300_000)
  expect(seen).toHaveLength(1)
  expect(reader.copiedBytes).toBeLessThanOrEqual(4096)
  expect(buffers.allocations).toBe(1)
})

test('what was delivered stays as it is while more comes', () => {
  const { seen, reader } = reading()
  const responses = [responseOf(20), responseOf(100_000), responseOf(20), responseOf(100_000)]
  feed(reader, Buffer.concat(responses), () => 1000)
  expect(seen.map((bytes, at) => bytes.equals(responses[at]!))).toEqual([true, true, true, true])
})

test('a length is believed only as far as bytes come', () => {
  const { seen, reader } = reading()
  const head = Buffer.alloc(8)
  head.writeInt32BE(0x7fff_fff0)
  feed(reader, head, () => 8)
  let promised = reader.nextBuffer().length
  expect(promised).toBeLessThanOrEqual(16 * MIB)
  reader.received(promised)
  promised = reader.nextBuffer().length
  expect(promised).toBeLessThanOrEqual(16 * MIB)
  expect(seen).toEqual([])
})

test('a response of more than the trusted length arrives', () => {
  const { seen, reader } = reading()
  const response = responseOf(37 * MIB)
  feed(reader, Buffer.concat([response, responseOf(4)]), () => MIB)
  expect(seen.map(({ length }) => length)).toEqual([response.length, 8])
  expect(seen[0]?.equals(response)).toBe(true)
})

test.each([-1, 0, 3])('a response of %i bytes is none', (byteLength) => {
  const { reader } = reading()
  const head = Buffer.alloc(16)
  head.writeInt32BE(byteLength)
  expect(() => feed(reader, head, () => 16)).toThrow(MalformedResponseError)
})
