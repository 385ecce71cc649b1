import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import { createFileSystem, type FileSystemOptions } from '../../src/hdfs/file-system.ts'
import { silentLog } from '../hdfs/fake-servers.ts'
import { stackInfo } from '../support/stack.ts'

/* A directory of the test file's own on the real HDFS, and a file system to work in it. */

export const root = `/hdfs-test-${randomUUID()}`
export let fs: ReturnType<typeof open>

export function open(more: Partial<FileSystemOptions> = {}) {
  const { webhdfsUrls, hdfsUser } = stackInfo()
  return createFileSystem({
    urls: webhdfsUrls,
    user: hdfsUser,
    requestTimeoutMs: 10_000,
    uploadIdleTimeoutMs: 10_000,
    logger: silentLog,
    ...more,
  })
}

/** Makes the directory before the tests of this file, and deletes it after them. */
export function useScratchDirectory(): void {
  beforeAll(async () => {
    fs = open()
    await fs.makeDirectory(root)
  })
  afterAll(async () => {
    await fs.delete(root, { recursive: true })
    fs.close()
  })
}

export const bytes = (text: string): Buffer[] => [Buffer.from(text)]
