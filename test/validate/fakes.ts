import { KafkaRefusedError, UnknownTopicError } from '../../src/core/errors.ts'
import type { DirectoryPage, FileReader, FileSystem } from '../../src/core/ports.ts'
import { MemoryFileSystem } from '../../src/dry-run/memory-file-system.ts'
import type { KafkaToCheck } from '../../src/validate/kafka-checks.ts'
import type { Network } from '../../src/validate/network.ts'

/** Every name resolves, every port is open; but for those that are named. */
export class FakeNetwork implements Network {
  readonly unknown = new Set<string>()
  readonly closed = new Set<number>()

  async resolve(host: string): Promise<readonly string[]> {
    if (this.unknown.has(host)) throw new Error(`getaddrinfo ENOTFOUND ${host}`)
    return ['10.0.0.1']
  }

  async connect(host: string, port: number): Promise<void> {
    if (this.closed.has(port)) throw new Error(`connect ECONNREFUSED ${host}:${port}`)
  }
}

/** A cluster with the topic `clicks`, whose user may do everything that is not refused. */
export class FakeKafka implements KafkaToCheck {
  readonly refused = new Set<'read' | 'group'>()
  readonly left: string[] = []
  readonly announced = [{ host: 'broker-1', port: 9092 }]

  async brokers() {
    return { clusterId: 'cluster-1', brokers: this.announced }
  }

  async resolveTopics(wanted: readonly string[] | RegExp): Promise<Map<string, number>> {
    if (wanted instanceof RegExp) return new Map(wanted.test('clicks') ? [['clicks', 3]] : [])
    const missing = wanted.filter((topic) => topic !== 'clicks')
    if (missing.length > 0) throw new UnknownTopicError(missing)
    return new Map([['clicks', 3]])
  }

  async logBounds() {
    return { start: 5, end: 5 }
  }

  async fetch() {
    if (this.refused.has('read')) {
      throw new KafkaRefusedError('reading clicks-0', 'TOPIC_AUTHORIZATION_FAILED')
    }
    return undefined
  }

  async groupState() {
    return { state: 'Dead', members: [] }
  }

  async leaveGroup(memberId: string): Promise<void> {
    this.left.push(memberId)
    if (!this.refused.has('group')) return
    throw new KafkaRefusedError('leaving group g', 'GROUP_AUTHORIZATION_FAILED')
  }
}

/** In memory, contents and all. */
export class FakeHdfs extends MemoryFileSystem implements FileSystem, FileReader {
  readonly #contents = new Map<number, Buffer>()
  /** Called before each operation. */
  before: (op: string, path: string) => void = () => {}

  constructor() {
    super({ status: async () => undefined }, '/none')
  }

  override async makeDirectory(path: string): Promise<void> {
    this.before('MKDIRS', path)
    await super.makeDirectory(path)
  }

  override async upload(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    this.before('CREATE', path)
    await super.upload(path, chunks)
    const status = await this.status(path)
    this.#contents.set(status?.fileId ?? 0, Buffer.concat(chunks))
  }

  override async setXattr(...args: Parameters<FileSystem['setXattr']>): Promise<void> {
    this.before('SETXATTR', args[0])
    const [path, name, value, mode] = args
    await super.setXattr(path, name, value, mode)
  }

  override async concat(path: string, sources: readonly string[]): Promise<void> {
    this.before('CONCAT', path)
    await super.concat(path, sources)
  }

  async *read(path: string): AsyncGenerator<Uint8Array> {
    const status = await this.status(path)
    yield this.#contents.get(status?.fileId ?? 0) ?? Buffer.alloc(0)
  }

  async listPage(path: string): Promise<DirectoryPage | undefined> {
    const entries = await this.list(path)
    return entries === undefined ? undefined : { entries, more: false }
  }
}
