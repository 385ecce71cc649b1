import { NotFoundError } from '../core/errors.ts'
import type { Stamp } from '../core/journal.ts'
import type { Contents, LineFormat } from './contents.ts'
import { readContents } from './contents.ts'
import type { AuditContext } from './context.ts'
import { codecOf } from './decompress.ts'
import { readWhole, UnreadableFileError } from './file-bytes.ts'
import { type Details, range } from './findings.ts'
import { readStamp } from './journal-audit.ts'
import type { Key } from './offset-window.ts'
import { patiently } from './patience.ts'

/** A file, as far as its name tells. */
export interface NamedFile extends Key {
  readonly endOffset: number | undefined
  readonly byteLength: number
  /** Where it had to be read to know the offsets. */
  readonly stamp: Stamp | undefined
}

/** A file that holds these offsets, or should. */
export interface CheckedFile {
  readonly path: string
  readonly startOffset: number
  /** Of the last record. */
  readonly endOffset: number
  /** undefined where there is no stamp. */
  readonly records: number | undefined
  readonly byteLength: number
}

/** Checks one file by itself. undefined: it is gone, or tells nothing about offsets. */
export async function checkFile(
  context: AuditContext,
  topic: string,
  file: NamedFile,
): Promise<CheckedFile | undefined> {
  const { path, startOffset, endOffset, byteLength } = file
  const stamp = file.stamp ?? (await readStamp(context, path))
  if (stamp === 'no-file') return undefined
  const details: Details = { topic, partition: file.partition, path, startOffset }
  if (stamp === undefined) {
    context.findings.problem('unknown-file', details, NO_STAMP)
    if (endOffset === undefined) return undefined
    return { path, startOffset, endOffset, records: undefined, byteLength }
  }
  const stamped = { ...details, startOffset: stamp.startOffset, endOffset: stamp.endOffset }
  if (stamp.path !== path) await checkName(context, stamped, stamp)
  if (byteLength !== stamp.byteLength) {
    const what = byteLength < stamp.byteLength ? 'It was truncated' : 'Somebody appended to it'
    context.findings.problem(
      'wrong-length',
      { ...stamped, records: stamp.records },
      `${byteLength} bytes, its stamp says ${stamp.byteLength}. ${what}.`,
    )
  } else if (context.thoroughness !== 'quick') {
    await checkContents(context, stamped, path, stamp)
  }
  const { records } = stamp
  return { path, startOffset: stamp.startOffset, endOffset: stamp.endOffset, records, byteLength }
}

export const NO_STAMP =
  'Has no stamp of the sink: somebody else wrote, rewrote or copied it here (distcp keeps stamps with ' +
  '-px). Readers of this directory see its records; move it away if they are not meant to.'

/** Under another name than the sink gave it. */
async function checkName(context: AuditContext, details: Details, stamp: Stamp): Promise<void> {
  const original = await patiently(() => context.files.status(stamp.path))
  if (original === undefined) {
    context.findings.note('renamed', details, `The sink named it ${stamp.path}.`)
    return
  }
  context.findings.problem(
    'overlap',
    { ...details, records: stamp.records },
    `A copy of ${stamp.path}, which is there too: its records are there twice. Move one away.`,
  )
}

async function checkContents(
  context: AuditContext,
  details: Details,
  path: string,
  stamp: Stamp,
): Promise<void> {
  const { findings, files } = context
  const format = formatOf(path) ?? context.format
  const records = stamp.records
  try {
    const contents = await readContents(readWhole(files, path), { codec: codecOf(path), format })
    if (contents.damage !== undefined) {
      const text = `${sentence(contents.damage)}; its stamp says ${records} records.`
      findings.problem('undecodable', { ...details, records }, text)
      return
    }
    const difference = differenceFrom(stamp, contents, format, context.countsLines)
    if (difference !== undefined) findings.problem('wrong-records', details, difference)
  } catch (error) {
    // Somebody has moved it since it was listed.
    if (error instanceof NotFoundError) return
    if (!(error instanceof UnreadableFileError)) throw error
    findings.problem('unreadable', { ...details, records }, `${error.message}.`)
  }
}

/** Where a file holds something else than its stamp says; undefined where it does not. */
export function differenceFrom(
  stamp: Stamp,
  contents: Contents,
  format: LineFormat,
  countsLines: boolean,
): string | undefined {
  const { lines, firstOffset, lastOffset } = contents
  if ((format === 'json-lines' || countsLines) && lines !== stamp.records) {
    return `Holds ${lines} records, its stamp says ${stamp.records}.`
  }
  if (format === 'text' || firstOffset === undefined || lastOffset === undefined) return undefined
  if (firstOffset === stamp.startOffset && lastOffset === stamp.endOffset) return undefined
  const expected = range(stamp.startOffset, stamp.endOffset)
  return `Holds ${range(firstOffset, lastOffset)}, its stamp says ${expected}.`
}

/** As the sink's own extensions tell it. */
export function formatOf(path: string): LineFormat | undefined {
  if (/\.jsonl(\.gz|\.zst)?$/.test(path)) return 'json-lines'
  return /\.txt(\.gz|\.zst)?$/.test(path) ? 'text' : undefined
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
