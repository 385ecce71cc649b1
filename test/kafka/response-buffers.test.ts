import { expect, test } from 'vitest'
import { leaseOf, ResponseBuffers } from '../../src/kafka/response-buffers.ts'

const MIB = 1024 * 1024

test('memory is lent again only when every part of the response was let go', () => {
  const buffers = new ResponseBuffers(8 * MIB)
  const first = buffers.take(3 * MIB)
  const lease = leaseOf(first.subarray(10, 20))
  const releases = [lease?.hold(), lease?.hold()]

  releases[0]?.()
  releases[0]?.()
  expect(buffers.take(3 * MIB).buffer).not.toBe(first.buffer)
  releases[1]?.()
  expect(leaseOf(first)).toBeUndefined()
  const again = buffers.take(2 * MIB)
  expect(again.buffer).toBe(first.buffer)

  // What was let go twice belongs to somebody else by now.
  releases[1]?.()
  expect(buffers.take(3 * MIB).buffer).not.toBe(again.buffer)
  expect(buffers.allocations).toBe(3)
})

test('no more than the limit is kept, and what was not wanted for longest goes first', () => {
  const buffers = new ResponseBuffers(8 * MIB)
  const lent = [4, 4, 8].map((mib) => buffers.take(mib * MIB))
  for (const each of lent) leaseOf(each)?.hold()()
  expect(buffers.take(1 * MIB).buffer).toBe(lent[2]?.buffer)
  expect(buffers.take(4 * MIB).buffer).not.toBe(lent[0]?.buffer)
  expect(lent.map((each) => each.buffer.byteLength)).toEqual([0, 0, 8 * MIB])
})

test('memory of a response that is nearly as large as what is kept serves the next one', () => {
  const buffers = new ResponseBuffers(12 * MIB)
  for (const mib of [10.4, 10.2, 10.9]) leaseOf(buffers.take(mib * MIB))?.hold()()
  expect(buffers.allocations).toBe(1)
})

test('small and gigantic responses are not lent', () => {
  const buffers = new ResponseBuffers(8 * MIB)
  for (const byteLength of [100, 40 * MIB]) {
    const buffer = buffers.take(byteLength)
    expect(buffer.length).toBe(byteLength)
    expect(leaseOf(buffer)).toBeUndefined()
  }
})
