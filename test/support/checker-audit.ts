import { hash } from 'node:crypto'
import type { StackInfo } from '../../stack/index.ts'
import { checkPositions, decompress, type Expected, linesOf, MOST_PROBLEMS } from './checker.ts'
import { type ListedPath, type Reader, webHdfsReader } from './checker-files.ts'
import type { Entry } from './ledger.ts'

/*
 * Counts each record of the ledger in the files, wherever these are: for worlds whose files are
 * moved by others, or whose directories are days.
 *
 *   .../<partition>/<start>-<end>.<extension>    or    .../<partition>-<start>-<end>.<extension>
 */

export interface Audited extends Expected {
  /** Where others have moved published files to. */
  readonly elsewhere?: readonly string[]
}

export interface Audit {
  readonly records: number
  readonly files: number
  readonly lost: number
  /** How often a record is there beyond the first time. */
  readonly duplicated: number
  readonly problems: readonly string[]
}

interface Counted extends Entry {
  readonly partition: number
  times: number
}

const NAME = /\/(\d+)[/-](\d{20})-(\d{20})\.((?:txt|jsonl)(?:\.gz|\.zst)?)$/

/** After all sinks have stopped in good order. */
export async function auditOf(
  stack: StackInfo,
  audited: Audited,
  reader: Reader = webHdfsReader(stack),
): Promise<Audit> {
  const tree = await reader.tree(audited.root)
  const moved = await Promise.all((audited.elsewhere ?? []).map((root) => reader.tree(root)))
  const published = tree.filter(({ path }) =>
    path.startsWith(`${audited.root}/${audited.ledger.topic}/`),
  )
  const files = [...published, ...moved.flat()].filter(({ type }) => type === 'file')
  const output = await auditOutput(reader, audited.ledger.entries, files)
  const problems = [...output.problems, ...(await checkPositions(stack, audited, tree))]
  return { ...output, problems: problems.slice(0, MOST_PROBLEMS) }
}

/** Only what is published. */
export async function auditOutput(
  reader: Reader,
  ledger: readonly (readonly Entry[])[],
  files: readonly ListedPath[],
): Promise<Audit> {
  const records = new Map<string, Counted[]>()
  for (const [partition, entries] of ledger.entries()) {
    for (const entry of entries) {
      const key = `${partition} ${entry.sha1}`
      const same = records.get(key) ?? []
      same.push({ ...entry, partition, times: 0 })
      records.set(key, same)
    }
  }
  const contents = await reader.read(files)
  const problems = files.flatMap(({ path }) =>
    countFile(path, contents.get(path) ?? Buffer.alloc(0), records),
  )
  problems.push(...overlaps(files))
  const counted = [...records.values()].flat()
  const lost = counted.filter(({ times }) => times === 0)
  const twice = counted.filter(({ times }) => times > 1)
  for (const { partition, offset } of lost.slice(0, 3)) {
    problems.push(`offset ${offset} of partition ${partition} is in no file`)
  }
  for (const { partition, offset, times } of twice.slice(0, 3)) {
    problems.push(`offset ${offset} of partition ${partition} is there ${times} times`)
  }
  return {
    records: counted.length,
    files: files.length,
    lost: lost.length,
    duplicated: twice.reduce((sum, { times }) => sum + times - 1, 0),
    problems,
  }
}

/** Counts its records; what is wrong with it. */
function countFile(path: string, bytes: Buffer, records: Map<string, Counted[]>): string[] {
  const [, partition, start, end, extension = ''] = NAME.exec(path) ?? []
  if (partition === undefined) return [`${path} should not be there`]
  const problems: string[] = []
  const offsets: number[] = []
  let strange = 0
  for (const line of linesOf(decompress(extension, bytes))) {
    const value = extension.startsWith('jsonl') ? valueInside(line) : line
    const found = records.get(`${Number(partition)} ${hash('sha1', value)}`)
    if (found === undefined) strange += 1
    else offsets.push(countOne(found))
  }
  if (strange > 0) problems.push(`${path} has ${strange} lines that nobody produced`)
  if (offsets[0] !== Number(start) || offsets.at(-1) !== Number(end)) {
    problems.push(`${path} begins with offset ${offsets[0]} and ends with ${offsets.at(-1)}`)
  }
  const isInOrder = offsets.every((offset, i) => i === 0 || offset > (offsets[i - 1] ?? 0))
  if (!isInOrder) problems.push(`${path} is not in the order of its offsets`)
  return problems
}

/** Of several records with the same value, the first that was not seen yet. */
function countOne(same: Counted[]): number {
  const record = same.find(({ times }) => times === 0) ?? (same[0] as Counted)
  record.times += 1
  return record.offset
}

function valueInside(line: Buffer): string {
  return String((JSON.parse(line.toString()) as { value: unknown }).value)
}

/** Files of one directory and partition have disjoint ranges. */
function overlaps(files: readonly ListedPath[]): string[] {
  const problems: string[] = []
  const lastEnds = new Map<string, number>()
  const sorted = files.map(({ path }) => path).sort()
  for (const path of sorted) {
    const [, partition, start, end] = NAME.exec(path) ?? []
    const series = `${path.slice(0, path.lastIndexOf('/'))} ${partition}`
    if (Number(start) <= (lastEnds.get(series) ?? -1)) {
      problems.push(`${path} overlaps the file before it`)
    }
    lastEnds.set(series, Number(end))
  }
  return problems
}
