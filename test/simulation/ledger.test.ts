import { beforeEach, describe, expect, it } from 'vitest'
import { Ledger } from './ledger.ts'
import { SimHdfs } from './sim-hdfs.ts'
import { SimKafka } from './sim-kafka.ts'

describe('the oracle', () => {
  let hdfs: SimHdfs
  let kafka: SimKafka
  let ledger: Ledger

  beforeEach(() => {
    hdfs = new SimHdfs()
    hdfs.makeDirectory('/data')
    kafka = new SimKafka('t', 1)
    ledger = new Ledger({ hdfs, kafka, directory: '/data', startFrom: 'earliest' })
    kafka.onRecord = (partition, offset) => ledger.produced(partition, offset)
    kafka.produce(0, 4)
  })

  function publish(name: string, ...offsets: number[]): void {
    hdfs.create(`/data/${name}`, Buffer.from(offsets.map((offset) => `0:${offset}\n`).join('')))
  }
  const problem = (kind: string): object => expect.objectContaining({ problem: kind })
  const check = (): void => ledger.check()

  it('is content with every record once, in order', () => {
    publish('x', 0, 1)
    publish('y', 2, 3)
    kafka.committed.set(0, { offset: 4, metadata: '' })
    ledger.check()
    expect(ledger.isComplete).toBe(true)
  })

  it('misses what is not there', () => {
    publish('x', 0, 2, 3)
    expect(check).toThrow(problem('disorder'))
    expect(ledger.missing).toEqual(['0: 1 of 4'])
  })

  it('does not miss what was removed before it was read, nor offsets without a record', () => {
    ledger.removed(0, 1)
    publish('x', 0, 2, 3)
    ledger.check()
    kafka.produceVoid(0, 2)
    kafka.produce(0, 1)
    expect(ledger.missing).toEqual(['0: 6 of 7'])
  })

  it('sees a record that is there twice', () => {
    publish('x', 0, 1)
    publish('y', 1, 2)
    expect(check).toThrow(problem('twice'))
  })

  it('sees a record that nobody produced', () => {
    publish('x', 0, 1, 2, 3, 4)
    expect(check).toThrow(problem('unknown-record'))
  })

  it('sees records in disorder', () => {
    publish('x', 1, 0)
    expect(check).toThrow(problem('disorder'))
  })

  it('sees a file that is cut', () => {
    hdfs.create('/data/x', Buffer.from('0:0\n0:'))
    expect(check).toThrow(problem('cut'))
  })

  it('sees a published file change, or disappear unless somebody moved it away', () => {
    publish('x', 0)
    publish('y', 1)
    ledger.check()
    hdfs.delete('/data/x', false)
    expect(check).toThrow(problem('disappeared'))
    ledger.movedAway('/data/x')
    ledger.check()
    hdfs.delete('/data/y', false)
    publish('y', 1, 2)
    expect(check).toThrow(problem('changed'))
  })

  it('sees Kafka being told too early', () => {
    publish('x', 0)
    kafka.committed.set(0, { offset: 2, metadata: '' })
    expect(check).toThrow(problem('told-early'))
  })

  it('takes only stops for which there is a reason', () => {
    ledger.expectStop(0, ['retention-passed'])
    ledger.expectStop(0, ['log-truncated'])
    ledger.stopped(0, 'retention-passed')
    ledger.stopped(0, 'log-truncated')
    expect(() => ledger.stopped(0, 'journal-lost')).toThrow(problem('stopped'))
  })

  it('sees advice that would lose more than the record that is refused', () => {
    const advise = (next: number): void => ledger.advised(0, 'unwritable', `run: --to ${next} --x`)
    ledger.refused(0, 2)
    publish('x', 0)
    expect(() => advise(3)).toThrow(problem('bad-advice'))
    publish('y', 1)
    advise(3)
    ledger.stopped(0, 'unwritable')
    expect(ledger.isComplete).toBe(true)
  })

  it('asks for nothing before the place where a journal began at latest', () => {
    ledger = new Ledger({ hdfs, kafka, directory: '/data', startFrom: 'latest' })
    for (let offset = 0; offset < 4; offset++) ledger.produced(0, offset)
    hdfs.makeDirectory('/_sink/sim-group/t/0/head.0.3.-.a')
    publish('x', 3)
    ledger.check()
    expect(ledger.isComplete).toBe(true)
  })
})
