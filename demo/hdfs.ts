import type { HdfsRecord } from './compare.ts'

/* HDFS as any other program sees it: WebHDFS by plain HTTP, and nothing of the sink. */

export interface HdfsAddress {
  /** http://host:port of the NameNode. */
  readonly url: string
  readonly user: string
}

/** A file that the sink published, with what is in it. */
export interface PublishedFile {
  readonly path: string
  readonly bytes: number
  readonly lines: readonly string[]
  readonly records: readonly HdfsRecord[]
}

interface FileStatus {
  readonly pathSuffix: string
  readonly type: 'FILE' | 'DIRECTORY'
}

const REQUEST_TIMEOUT_MS = 30_000

/** Every file below `directory`, in the order of their paths. Names that begin with _ are not data. */
export async function listFiles(
  at: HdfsAddress,
  directory: string,
  signal: AbortSignal,
): Promise<string[]> {
  const response = await get(at, directory, 'LISTSTATUS', signal)
  const { FileStatuses } = (await response.json()) as {
    FileStatuses: { FileStatus: FileStatus[] }
  }
  const found: string[] = []
  for (const { pathSuffix, type } of FileStatuses.FileStatus) {
    if (/^[_.]/.test(pathSuffix)) continue
    const path = `${directory === '/' ? '' : directory}/${pathSuffix}`
    if (type === 'FILE') found.push(path)
    else found.push(...(await listFiles(at, path, signal)))
  }
  return found.sort()
}

/** Reads a file of JSON lines, as config/sink.yaml asks for. */
export async function readFile(
  at: HdfsAddress,
  path: string,
  signal: AbortSignal,
): Promise<PublishedFile> {
  const response = await get(at, path, 'OPEN', signal)
  const bytes = Buffer.from(await response.arrayBuffer())
  const text = bytes.toString()
  if (!text.endsWith('\n')) throw new Error(`${path} does not end with a line break`)
  const lines = text.slice(0, -1).split('\n')
  return {
    path,
    bytes: bytes.length,
    lines,
    records: lines.map((line, index) => parseLine(line, `line ${index + 1} of ${path}`)),
  }
}

function parseLine(line: string, place: string): HdfsRecord {
  try {
    const { partition, offset, timestamp, key, value } = JSON.parse(line) as Record<string, unknown>
    if (typeof partition !== 'number' || typeof offset !== 'number')
      throw new TypeError('no offset')
    return { partition, offset, timestampMs: Number(timestamp), key: asKey(key), value }
  } catch (error) {
    throw new Error(`${place} is no record as JSON: ${line.slice(0, 200)}`, { cause: error })
  }
}

function asKey(key: unknown): string | null {
  return key === null ? null : String(key)
}

async function get(
  { url, user }: HdfsAddress,
  path: string,
  operation: string,
  signal: AbortSignal,
): Promise<Response> {
  const escaped = path.split('/').map(encodeURIComponent).join('/')
  const response = await fetch(`${url}/webhdfs/v1${escaped}?op=${operation}&user.name=${user}`, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  })
  if (response.ok) return response
  throw new Error(`${operation} of ${path}: HTTP ${response.status}: ${await response.text()}`)
}
