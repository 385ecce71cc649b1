import { describe, expect, it, vi } from 'vitest'
import {
  isAllowedDataNode,
  transferAddressOf,
  UnreachableDataNodes,
} from '../../src/hdfs/data-nodes.ts'

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

describe('a DataNode that the NameNode names', () => {
  const url = new URL('http://dn1.hdfs.example:9864/webhdfs/v1/a')

  it.each([
    [undefined, true],
    [['dn1.hdfs.example'], true],
    [['DN1.hdfs.example:9864'], true],
    [['*.hdfs.example'], true],
    [['other', '*.example:9864'], true],
    [['dn1.hdfs.example:9865'], false],
    [['*.example:80'], false],
    [['hdfs.example'], false],
    [['*.dn1.hdfs.example'], false],
    [['dn1'], false],
    [['1.hdfs.example'], false],
  ])('is allowed by %j: %j', (allowed, expected) => {
    expect(isAllowedDataNode(url, allowed)).toBe(expected)
  })

  it('may be known by its address, and by a port that is the usual one', () => {
    expect(isAllowedDataNode(new URL('http://[fe80::1]:9864/a'), ['[fe80::1]:9864'])).toBe(true)
    expect(isAllowedDataNode(new URL('http://10.0.0.1/a'), ['10.0.0.1:80'])).toBe(true)
    expect(isAllowedDataNode(new URL('http://10.0.0.10/a'), ['10.0.0.1'])).toBe(false)
  })

  it('speaks HTTP', () => {
    expect(isAllowedDataNode(new URL('file:///etc/passwd'), undefined)).toBe(false)
  })
})
