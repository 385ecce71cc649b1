import { expect, it } from 'vitest'
import { freeMemory } from '../../src/core/free-memory.ts'

it('memory of one owner is freed at once', () => {
  const bytes = Buffer.allocUnsafeSlow(1024 * 1024)
  const { buffer } = bytes
  freeMemory(bytes.subarray(0, 10))
  expect(buffer.byteLength).toBe(0)
})

it('memory that Node lends out in parts stays, for those who have the others', () => {
  const [bytes, neighbour] = [Buffer.from('some'), Buffer.from('others')]
  expect(neighbour.buffer).toBe(bytes.buffer)
  freeMemory(bytes)
  expect(neighbour.toString()).toBe('others')
})
