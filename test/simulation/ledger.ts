import type { SimHdfs } from './sim-hdfs.ts'
import type { SimKafka } from './sim-kafka.ts'

/**
 * The oracle: sees what a reader of the final files sees, and complains at the first moment at which
 * a promise is broken. Knows nothing of the sink's code.
 */
export class Ledger {
  private readonly hdfs: SimHdfs
  private readonly kafka: SimKafka
  private readonly directory: string
  private readonly files = new Map<string, string>()
  /** For each partition, the offsets that are visible. */
  private readonly visible: Set<number>[]

  constructor(hdfs: SimHdfs, kafka: SimKafka, directory: string) {
    this.hdfs = hdfs
    this.kafka = kafka
    this.directory = directory
    this.visible = Array.from({ length: kafka.partitions }, () => new Set())
  }

  /** Throws what is wrong at this moment. */
  check(): void {
    const paths = this.hdfs.filesBelow(this.directory)
    for (const path of paths) this.look(path)
    if (this.files.size !== paths.length) throw new Error('a published file has disappeared')
    for (const [partition, { offset }] of this.kafka.committed) {
      if (offset > this.completeUpTo(partition)) {
        throw new Error(`Kafka was told ${offset} of ${partition} before all of it was visible`)
      }
    }
  }

  /** Whether everything that was produced is there. */
  get complete(): boolean {
    return this.visible.every((_, p) => this.completeUpTo(p) === this.kafka.bounds(p).end)
  }

  get missing(): string {
    return this.visible
      .map((_, p) => `${p}: ${this.completeUpTo(p)} of ${this.kafka.bounds(p).end}`)
      .join(', ')
  }

  private look(path: string): void {
    const content = String(this.hdfs.read(path))
    const known = this.files.get(path)
    if (known === content) return
    if (known !== undefined) throw new Error(`published file ${path} has changed`)
    this.files.set(path, content)
    if (!content.endsWith('\n')) throw new Error(`${path} is cut`)
    let previous = -1
    for (const line of content.trimEnd().split('\n')) {
      const [partition = -1, offset = -1] = line.split(':').map(Number)
      const visible = this.visible[partition]
      if (visible === undefined) throw new Error(`${path} holds "${line}"`)
      if (visible.has(offset)) throw new Error(`${line} is visible twice, now in ${path}`)
      if (offset <= previous) throw new Error(`${path} is out of order at ${line}`)
      visible.add(offset)
      previous = offset
    }
  }

  /** The first offset that is not visible. */
  private completeUpTo(partition: number): number {
    const visible = this.visible[partition] ?? new Set()
    let next = this.checked.get(partition) ?? 0
    while (visible.has(next)) next += 1
    this.checked.set(partition, next)
    return next
  }

  private readonly checked = new Map<number, number>()
}
