import { describe, expect, it, vi } from 'vitest'
import { transferAddressOf, UnreachableDataNodes } from '../../src/hdfs/data-nodes.ts'

const nodes = {
  'dn1.example:9866': {
    infoAddr: '10.0.0.1:9864',
    infoSecureAddr: '10.0.0.1:9865',
    xferaddr: '10.0.0.1:9866',
  },
  'dn2.example:9866': {
    infoAddr: '10.0.0.2:9864',
    infoSecureAddr: '10.0.0.2:0',
    xferaddr: '10.0.0.2:9866',
  },
}
const jmx = JSON.stringify({ beans: [{ LiveNodes: JSON.stringify(nodes) }] })

describe('the transfer address of a DataNode', () => {
  it.each([
    ['dn2.example:9864', '10.0.0.2:9866'],
    ['10.0.0.2:9864', '10.0.0.2:9866'],
    ['dn1.example:9865', '10.0.0.1:9866'],
    ['dn1.example:9999', undefined],
    ['dn3.example:9864', undefined],
  ])('of %s is %s', (httpAddress, transferAddress) => {
    expect(transferAddressOf(httpAddress, jmx)).toBe(transferAddress)
  })

  it.each(['', '{}', '{"beans":[]}', '{"beans":[{"LiveNodes":"<html>"}]}'])(
    'cannot be found in %j',
    (text) => {
      expect(transferAddressOf('dn1.example:9864', text)).toBeUndefined()
    },
  )
})

describe('an unreachable DataNode', () => {
  it('is excluded for a minute', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const unreachable = new UnreachableDataNodes()
    expect(unreachable.excluded).toBe('')
    unreachable.add('10.0.0.1:9866')
    vi.advanceTimersByTime(59_000)
    unreachable.add('10.0.0.2:9866')
    expect(unreachable.excluded).toBe('10.0.0.1:9866,10.0.0.2:9866')
    vi.advanceTimersByTime(2000)
    expect(unreachable.excluded).toBe('10.0.0.2:9866')
    unreachable.clear()
    expect(unreachable.excluded).toBe('')
    vi.useRealTimers()
  })
})
