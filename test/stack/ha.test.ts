import { describe, expect, it } from 'vitest'
import { haSite } from '../../stack/ha.ts'

const PORTS = {
  nameNodes: [
    { rpc: 1, http: 2 },
    { rpc: 3, http: 4 },
  ],
  journalNode: 5,
  journalNodeHttp: 6,
  dataNode: 7,
  dataNodeHttp: 8,
  dataNodeIpc: 9,
} as const

describe('the configuration of two NameNodes', () => {
  it('keeps every address on this machine, and none without the id of its NameNode', () => {
    const addresses = Object.entries(haSite(PORTS, '/run/hdfs')).filter(([name]) =>
      /address/.test(name),
    )
    expect(addresses.map(([, value]) => value).sort()).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((port) => `localhost:${port}`),
    )
    const ofNameNodes = addresses.filter(([name]) => name.startsWith('dfs.namenode.'))
    expect(ofNameNodes.map(([name]) => name.split('.').at(-1))).toEqual([
      'nn1',
      'nn1',
      'nn2',
      'nn2',
    ])
  })

  it('gives each its own directory and both the same edits', () => {
    const site = haSite(PORTS, '/run/hdfs')
    const names = Object.entries(site).filter(([name]) => name.startsWith('dfs.namenode.name.dir'))
    expect(names.map(([, value]) => value)).toEqual(['/run/hdfs/name-nn1', '/run/hdfs/name-nn2'])
    expect(site['dfs.namenode.shared.edits.dir']).toBe('qjournal://localhost:5/pair')
  })
})
