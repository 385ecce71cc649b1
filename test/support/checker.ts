import { hash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { StackInfo } from '../../stack/index.ts'
import { type ListedPath, type Reader, webHdfsReader } from './checker-files.ts'
import type { Entry, Ledger } from './ledger.ts'
import { committedOffsets, logEnds } from './ledger-kafka.ts'
import { zstdDecompressFrames } from './zstd.ts'

/*
 * Compares what is in HDFS with what was produced. It shares no code with the sink: names, lines,
 * JSON and the journal are read here from what is documented about them.
 *
 *   <root>/<topic>/<partition>/<start>-<end>.<extension>
 *   <root>/_sink/<group>/<topic>/<partition>/head.<seq>.<end>.<flush>.<writer>/
 */

export interface Expected {
  readonly root: string
  readonly group: string
  readonly ledger: Pick<Ledger, 'topic' | 'entries'>
}

interface OutputFile extends ListedPath {
  readonly partition: number
  readonly start: number
  readonly end: number
  readonly extension: string
}

const FILE = /^(\d+)\/(\d{20})-(\d{20})\.((?:txt|jsonl)(?:\.gz|\.zst)?)$/
const HEAD = /^(\d+)\/head\.\d+\.(\d+)\.[a-z0-9-]+\.[a-z0-9-]+$/
const LINE_FEED = 0x0a
/** Enough to see what is wrong. */
export const MOST_PROBLEMS = 20

/**
 * After all sinks have stopped in good order: every difference between HDFS, Kafka and the ledger,
 * in words. Empty: each record is there exactly once, in order, and nothing else is.
 */
export async function problemsOf(
  stack: StackInfo,
  expected: Expected,
  reader: Reader = webHdfsReader(stack),
): Promise<string[]> {
  const { root, ledger } = expected
  const { topic } = ledger
  const tree = await reader.tree(root)
  const problems = [
    ...(await checkOutput(reader, expected, tree)),
    ...strangers(tree, [`${root}/${topic}`, `${root}/_sink`]),
    ...(await checkPositions(stack, expected, tree)),
  ]
  return problems.slice(0, MOST_PROBLEMS)
}

/** What the journals, Kafka and the ledger say of each partition's end must be the same. */
export async function checkPositions(
  stack: StackInfo,
  { root, group, ledger }: Expected,
  tree: readonly ListedPath[],
): Promise<string[]> {
  const { topic } = ledger
  const ends = await logEnds(stack, topic)
  const problems = checkJournals(tree, `${root}/_sink/${group}/${topic}/`, ends)
  const produced = ledger.entries.map((entries) => (entries.at(-1)?.offset ?? -1) + 1)
  const isBehind = produced.some((end, partition) => end > (ends[partition] ?? 0))
  if (isBehind || ends.length !== produced.length) {
    problems.push(`Kafka's log ends at ${ends}, the ledger at ${produced}`)
  }
  const committed = await committedOffsets(stack, group, topic)
  if (committed.join() !== ends.join()) {
    problems.push(`the group's offsets are ${committed}, the log's ends ${ends}`)
  }
  return problems
}

/** Only what is published: the journal may still change. */
export async function problemsOfOutput(reader: Reader, expected: Expected): Promise<string[]> {
  return await checkOutput(reader, expected, await reader.tree(expected.root))
}

async function checkOutput(
  reader: Reader,
  { root, ledger }: Expected,
  tree: readonly ListedPath[],
): Promise<string[]> {
  const problems: string[] = []
  const files: OutputFile[] = []
  const base = `${root}/${ledger.topic}/`
  for (const listed of tree.filter(({ path }) => path.startsWith(base))) {
    const name = listed.path.slice(base.length)
    if (listed.type === 'directory' && /^\d+$/.test(name)) continue
    const [, partition, start, end, extension = ''] = FILE.exec(name) ?? []
    if (partition === undefined) problems.push(`${listed.path} should not be there`)
    else {
      const range = { partition: Number(partition), start: Number(start), end: Number(end) }
      files.push({ ...listed, ...range, extension })
    }
  }
  const contents = await reader.read(files)
  for (const [partition, entries] of ledger.entries.entries()) {
    const own = files.filter((file) => file.partition === partition)
    own.sort((a, b) => a.start - b.start)
    problems.push(...checkPartition(ledger.topic, partition, entries, own, contents))
  }
  const stray = files.filter(({ partition }) => ledger.entries[partition] === undefined)
  problems.push(...stray.map(({ path }) => `${path} is of no known partition`))
  return problems
}

function checkPartition(
  topic: string,
  partition: number,
  entries: readonly Entry[],
  files: readonly OutputFile[],
  contents: ReadonlyMap<string, Buffer>,
): string[] {
  const problems: string[] = []
  let next = 0
  let lastEnd = -1
  for (const file of files) {
    if (file.start <= lastEnd) problems.push(`${file.path} overlaps the file before it`)
    lastEnd = file.end
    const missing = entries.slice(next).findIndex(({ offset }) => offset >= file.start)
    if (missing > 0) problems.push(`${missing} records are missing before ${file.path}`)
    next += Math.max(missing, 0)
    const from = next
    while ((entries[next]?.offset ?? Number.POSITIVE_INFINITY) <= file.end) next += 1
    const bytes = contents.get(file.path) ?? Buffer.alloc(0)
    problems.push(...checkFile(topic, partition, entries.slice(from, next), file, bytes))
  }
  const rest = entries.length - next
  if (rest > 0) problems.push(`the last ${rest} records of partition ${partition} are missing`)
  return problems
}

function checkFile(
  topic: string,
  partition: number,
  entries: readonly Entry[],
  file: OutputFile,
  bytes: Buffer,
): string[] {
  const isJson = file.extension.startsWith('jsonl')
  const lines = linesOf(decompress(file.extension, bytes))
  const problems: string[] = []
  if (entries[0]?.offset !== file.start || entries.at(-1)?.offset !== file.end) {
    problems.push(`${file.path} should begin and end with a record`)
  }
  if (lines.length !== entries.length) {
    problems.push(`${file.path} has ${lines.length} records, and there are ${entries.length}`)
  }
  const wrong = entries.find(({ offset, sha1 }, i) => {
    const line = lines[i] ?? Buffer.alloc(0)
    if (!isJson) return hash('sha1', line) !== sha1
    const found = JSON.parse(line.toString()) as Record<string, unknown>
    const isSame = found.topic === topic && found.partition === partition
    return !isSame || found.offset !== offset || hash('sha1', String(found.value)) !== sha1
  })
  if (wrong !== undefined) problems.push(`${file.path} is wrong at offset ${wrong.offset}`)
  return problems
}

export function decompress(extension: string, bytes: Buffer): Buffer {
  if (extension.endsWith('.gz')) return gunzipSync(bytes)
  if (extension.endsWith('.zst')) return zstdDecompressFrames(bytes)
  return bytes
}

/** Without their line feeds. What follows the last one is a line too, and should not be there. */
export function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let from = 0; from < bytes.length; ) {
    const at = bytes.indexOf(LINE_FEED, from)
    const to = at === -1 ? bytes.length : at
    lines.push(bytes.subarray(from, to))
    from = to + 1
  }
  return lines
}

/** One token in each journal, at the log's end, and nothing else. */
function checkJournals(tree: readonly ListedPath[], base: string, ends: readonly number[]) {
  const problems: string[] = []
  const heads = new Map<number, number>()
  for (const { path } of tree.filter(({ path }) => path.startsWith(base))) {
    const name = path.slice(base.length)
    if (/^\d+$/.test(name)) continue
    const [, partition, end] = HEAD.exec(name) ?? []
    if (partition === undefined) problems.push(`${path} is left over`)
    else if (heads.has(Number(partition))) problems.push(`${path} is a second token`)
    else heads.set(Number(partition), Number(end))
  }
  for (const [partition, end] of ends.entries()) {
    if (heads.get(partition) === end) continue
    problems.push(`the journal of ${partition} ends at ${heads.get(partition)}, the log at ${end}`)
  }
  return problems
}

function strangers(tree: readonly ListedPath[], known: readonly string[]): string[] {
  const isKnown = (path: string) =>
    known.some((base) => path === base || path.startsWith(`${base}/`))
  return tree.filter(({ path }) => !isKnown(path)).map(({ path }) => `${path} should not be there`)
}
