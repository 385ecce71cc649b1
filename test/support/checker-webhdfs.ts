import type { StackInfo } from '../../stack/index.ts'

/** One entry of LISTSTATUS. */
export interface WebHdfsStatus {
  readonly pathSuffix: string
  readonly type: 'FILE' | 'DIRECTORY'
  readonly length: number
  readonly modificationTime: number
  readonly fileId: number
}

const TIMEOUT_MS = 10_000

/** A plain GET, of whichever NameNode is active. Whatever is no success is thrown, except 404. */
export async function webHdfs(
  stack: Pick<StackInfo, 'webhdfsUrls' | 'hdfsUser'>,
  path: string,
  op: string,
): Promise<Response> {
  const failures: string[] = []
  for (const base of stack.webhdfsUrls) {
    const url = `${base}/webhdfs/v1${path}?op=${op}&user.name=${stack.hdfsUser}`
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
      if (response.ok || response.status === 404) return response
      failures.push(`${response.status} ${await response.text()}`)
    } catch (error) {
      failures.push(String(error instanceof Error ? (error.cause ?? error) : error))
    }
  }
  throw new Error(`${op} ${path}: ${failures.join('; ')}`)
}

/** Nothing where there is no such directory. */
export async function listDirectory(stack: StackInfo, path: string): Promise<WebHdfsStatus[]> {
  const response = await webHdfs(stack, path, 'LISTSTATUS')
  if (response.status === 404) {
    await response.body?.cancel()
    return []
  }
  const answer = (await response.json()) as { FileStatuses: { FileStatus: WebHdfsStatus[] } }
  return answer.FileStatuses.FileStatus
}
