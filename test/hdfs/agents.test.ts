import { afterEach, expect, it } from 'vitest'
import { Agents } from '../../src/hdfs/agents.ts'

const agents = new Agents()

afterEach(() => agents.destroy())

it.each(['http://dn1:9864', 'https://dn1:9865'])('remembers where DataNodes are: %s', (url) => {
  expect(agents.toDataNode(url)).toHaveProperty('options.lookup', expect.any(Function))
})

it('looks NameNodes up anew for each connection: it may be another machine after a failover', () => {
  expect(agents.toNameNode('http://nn1:9870')).not.toHaveProperty('options.lookup')
})
