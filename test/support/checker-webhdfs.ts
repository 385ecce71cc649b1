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

/** A plain GET. Whatever is no success is thrown, except 404. */
export async function webHdfs(stack: StackInfo, path: string, op: string): Promise<Response> {
  const url = `${stack.webhdfsUrls[0]}/webhdfs/v1${path}?op=${op}&user.name=${stack.hdfsUser}`
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (response.ok || response.status === 404) return response
  throw new Error(`${op} ${path}: ${response.status} ${await response.text()}`)
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
