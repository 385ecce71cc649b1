import { createFileSystem } from '../../src/hdfs/file-system.ts'
import type { StackInfo } from '../../stack/index.ts'
import { silentLog } from '../hdfs/fake-servers.ts'
import { webHdfsReader } from './checker-files.ts'
import type { SinkSettings } from './sink-process-settings.ts'

/*
 * What befalls files in HDFS by the hands of people and programs that are not the sink. Where the
 * stamp stays, a file is replaced by another one with the same attributes: that is how appending,
 * truncating and a bad disk look to whoever reads it.
 */

const STAMP = 'sink.stamp'

/** Paths of a topic's published files, in the order of their names. */
export async function publishedPaths(
  stack: StackInfo,
  { root, topic }: Pick<SinkSettings, 'root' | 'topic'>,
): Promise<string[]> {
  const tree = await webHdfsReader(stack).tree(`${root}/${topic}`)
  const files = tree.filter(({ type }) => type === 'file')
  return files.map(({ path }) => path).sort()
}

export class HdfsDamage {
  readonly #fs: ReturnType<typeof createFileSystem>

  constructor(stack: StackInfo) {
    this.#fs = createFileSystem({
      urls: stack.webhdfsUrls,
      user: stack.hdfsUser,
      requestTimeoutMs: 20_000,
      uploadIdleTimeoutMs: 20_000,
      logger: silentLog,
    })
  }

  async bytesOf(path: string): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for await (const part of this.#fs.read(path, 0)) parts.push(part)
    return Buffer.concat(parts)
  }

  async remove(...paths: string[]): Promise<void> {
    for (const path of paths) await this.#fs.delete(path, { recursive: true })
  }

  async append(path: string, text: string): Promise<void> {
    await this.replace(path, Buffer.concat([await this.bytesOf(path), Buffer.from(text)]))
  }

  async truncate(path: string, byteLength: number): Promise<void> {
    await this.replace(path, (await this.bytesOf(path)).subarray(0, byteLength))
  }

  /** Other bytes under the same stamp. */
  async replace(path: string, bytes: Buffer): Promise<void> {
    const stamp = await this.#stampOf(path)
    await this.remove(path)
    await this.put(path, bytes)
    await this.#fs.setXattr(path, STAMP, stamp, 'set')
  }

  /** With its stamp, as `distcp -px` does, or without. */
  async copy(from: string, to: string, { stamped }: { stamped: boolean }): Promise<void> {
    await this.put(to, await this.bytesOf(from))
    if (stamped) await this.#fs.setXattr(to, STAMP, await this.#stampOf(from), 'set')
  }

  async move(from: string, to: string): Promise<void> {
    await this.#fs.rename(from, to)
  }

  /** A new file without a stamp. */
  async put(path: string, bytes: Buffer): Promise<void> {
    await this.#fs.upload(path, [bytes])
  }

  async #stampOf(path: string): Promise<string> {
    const stamp = (await this.#fs.getXattrs(path))?.get(STAMP)
    if (stamp === undefined) throw new Error(`${path} has no stamp`)
    return stamp
  }
}
