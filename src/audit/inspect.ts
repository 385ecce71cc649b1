import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Stamp } from '../core/journal.ts'
import type { FileReader } from '../core/ports.ts'
import { visibleText } from '../core/visible-text.ts'
import { type Contents, type LineFormat, readContents, type Shortened } from './contents.ts'
import { type Codec, codecOf } from './decompress.ts'
import { readWhole } from './file-bytes.ts'
import { differenceFrom, formatOf, sentence } from './file-check.ts'
import { readableStampIn } from './journal-audit.ts'
import { patiently } from './patience.ts'

/** What `inspect --json` prints. */
export interface InspectReport {
  readonly version: 1
  /** It can be read to its end, and is what its stamp says, if it has one. */
  readonly ok: boolean
  readonly path: string
  readonly byteLength: number
  /** ISO 8601, UTC: when it was written. */
  readonly modifiedAt: string
  readonly codec: Codec
  readonly format: LineFormat
  /** null where there is none: the sink has not written it, or its attributes are lost. */
  readonly stamp: Stamp | null
  /** Lines that were read. */
  readonly records: number
  /** Their beginnings, at most 160 bytes. */
  readonly firstRecord: Shortened | null
  readonly lastRecord: Shortened | null
  /** Only JSON lines tell. */
  readonly firstOffset: number | null
  readonly lastOffset: number | null
  readonly problems: readonly string[]
}

/** A file of HDFS or of this machine, as far as it has to be known to be inspected. */
interface Subject {
  readonly path: string
  readonly byteLength: number
  readonly modifiedMs: number
  readonly stamp: Stamp | undefined
  read(): AsyncIterable<Uint8Array>
}

/** undefined when there is no such file. */
export async function inspectHdfs(
  files: FileReader,
  path: string,
  countsLines: boolean,
): Promise<InspectReport | undefined> {
  const status = await patiently(() => files.status(path))
  const attributes = await patiently(() => files.getXattrs(path))
  if (status?.type !== 'file' || attributes === undefined) return undefined
  const { byteLength, modifiedMs } = status
  const stamp = readableStampIn(attributes)
  const read = () => readWhole(files, path)
  return await inspect({ path, byteLength, modifiedMs, stamp, read }, countsLines)
}

/** undefined when there is no such file. */
export async function inspectLocal(path: string): Promise<InspectReport | undefined> {
  const status = await stat(path).catch(() => undefined)
  if (status?.isFile() !== true) return undefined
  const read = () => createReadStream(path) as AsyncIterable<Uint8Array>
  const { size: byteLength, mtimeMs: modifiedMs } = status
  return await inspect({ path, byteLength, modifiedMs, stamp: undefined, read }, true)
}

async function inspect(subject: Subject, countsLines: boolean): Promise<InspectReport> {
  const { path, byteLength, modifiedMs, stamp } = subject
  const codec = codecOf(path)
  const format = formatOf(path) ?? 'text'
  const contents = await readContents(subject.read(), { codec, format })
  const problems = problemsOf(subject, contents, format, countsLines)
  return {
    version: 1,
    ok: problems.length === 0,
    path,
    byteLength,
    modifiedAt: new Date(modifiedMs).toISOString(),
    codec,
    format,
    stamp: stamp ?? null,
    records: contents.lines,
    firstRecord: contents.firstLine ?? null,
    lastRecord: contents.lastLine ?? null,
    firstOffset: contents.firstOffset ?? null,
    lastOffset: contents.lastOffset ?? null,
    problems,
  }
}

function problemsOf(
  { byteLength, stamp }: Subject,
  contents: Contents,
  format: LineFormat,
  countsLines: boolean,
): string[] {
  const problems: string[] = []
  if (stamp !== undefined && stamp.byteLength !== byteLength) {
    problems.push(`Has ${byteLength} bytes, its stamp says ${stamp.byteLength}.`)
  }
  if (contents.damage !== undefined) problems.push(`${sentence(contents.damage)}.`)
  const difference = stamp && differenceFrom(stamp, contents, format, countsLines)
  if (difference !== undefined) problems.push(difference)
  return problems
}

/** For people: a line for each thing. */
export function renderInspection(report: InspectReport): string {
  const { stamp, firstRecord, lastRecord, firstOffset, lastOffset } = report
  const rows: (readonly [string, string | undefined])[] = [
    ['path', report.path],
    ['bytes', String(report.byteLength)],
    ['written', report.modifiedAt],
    ['format', report.codec === 'none' ? report.format : `${report.format}, ${report.codec}`],
    ['records', String(report.records)],
    ['offsets', firstOffset === null ? undefined : `${firstOffset} to ${lastOffset}`],
    ['first record', firstRecord?.text],
    ['last record', lastRecord?.text],
    ['stamp', stamp === null ? 'none' : describe(stamp)],
    ['moved from', stamp === null || stamp.path === report.path ? undefined : stamp.path],
    ['problems', report.ok ? 'none' : report.problems.join(' ')],
  ]
  return rows
    .flatMap(([name, value]) =>
      value === undefined ? [] : `${name.padEnd(13)} ${visibleText(value)}\n`,
    )
    .join('')
}

function describe({ startOffset, endOffset, records, byteLength }: Stamp): string {
  return `offsets ${startOffset} to ${endOffset}, ${records} records, ${byteLength} bytes`
}
