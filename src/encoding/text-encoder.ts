import { RecordRefusedError } from '../core/errors.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import type { RecordCursor } from '../core/record-cursor.ts'
import type { ByteTarget } from './byte-target.ts'
import { copyBytes } from './copy.ts'
import type { FileEncoder, FilePart, FinishedFile } from './file-encoder.ts'

/**
 * What becomes of a value with a line feed or a carriage return in it. Hadoop's TextInputFormat
 * ends a line at either, so that such a value would be read as several records.
 * - `refuse`: RecordRefusedError
 * - `escape`: `\n`, `\r` and `\\` for line feed, carriage return and backslash; reversible
 * - `keep`: written as it is
 */
export type LineBreaks = 'refuse' | 'escape' | 'keep'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const BACKSLASH = 0x5c
const LETTER_N = 0x6e
const LETTER_R = 0x72

/**
 * Text: each record's value and a line feed. The bytes of a value are written as they are,
 * whatever they mean. A null value is an empty line, as an empty value is: one record is one line,
 * so that the n-th line of a file is always the n-th record of its range.
 */
export class TextFileEncoder implements FileEncoder {
  records = 0
  private readonly at: TopicPartition
  private readonly target: ByteTarget
  private readonly lineBreaks: LineBreaks

  constructor(at: TopicPartition, target: ByteTarget, lineBreaks: LineBreaks) {
    this.at = at
    this.target = target
    this.lineBreaks = lineBreaks
  }

  get fileBytes(): number {
    return this.target.byteLength
  }

  get heldBytes(): number {
    return this.target.heldBytes
  }

  append(cursor: RecordCursor): void {
    if (this.lineBreaks === 'escape' && needsEscape(cursor)) {
      this.appendEscaped(cursor)
      return
    }
    if (this.lineBreaks === 'refuse' && hasLineBreak(cursor)) throw this.refused(cursor.offset)
    const length = Math.max(cursor.valueLength, 0)
    const target = this.target
    target.room(length + 1)
    const end = copyBytes(cursor.source, cursor.valueStart, length, target.buffer, target.position)
    target.buffer[end] = LINE_FEED
    target.position = end + 1
    this.records += 1
  }

  cut(): FilePart | undefined {
    return this.target.cut()
  }

  finish(): FinishedFile {
    return this.target.finish()
  }

  private appendEscaped(cursor: RecordCursor): void {
    const { source, valueStart } = cursor
    const valueEnd = valueStart + cursor.valueLength
    let escapedLength = cursor.valueLength
    for (let from = valueStart; from < valueEnd; from += 1) {
      if (escapeLetter(source[from]!) !== 0) escapedLength += 1
    }
    this.target.room(escapedLength + 1)
    const { buffer } = this.target
    let to = this.target.position
    for (let from = valueStart; from < valueEnd; from += 1) {
      const byte = source[from]!
      const letter = escapeLetter(byte)
      if (letter !== 0) buffer[to++] = BACKSLASH
      buffer[to++] = letter === 0 ? byte : letter
    }
    buffer[to] = LINE_FEED
    this.target.position = to + 1
    this.records += 1
  }

  private refused(offset: number): RecordRefusedError {
    return new RecordRefusedError(
      this.at,
      offset,
      'has a line break in its value, and text is one record a line',
      "Set format.lineBreaks to 'escape' or 'keep', or format.type to 'json-lines'.",
    )
  }
}

function hasLineBreak(cursor: RecordCursor): boolean {
  return cursor.valueIncludes(LINE_FEED) || cursor.valueIncludes(CARRIAGE_RETURN)
}

function needsEscape(cursor: RecordCursor): boolean {
  return hasLineBreak(cursor) || cursor.valueIncludes(BACKSLASH)
}

/** What follows the backslash; 0 for a byte that stays as it is. */
function escapeLetter(byte: number): number {
  switch (byte) {
    case LINE_FEED:
      return LETTER_N
    case CARRIAGE_RETURN:
      return LETTER_R
    case BACKSLASH:
      return BACKSLASH
    default:
      return 0
  }
}
