import { RecordRefusedError } from '../core/errors.ts'
import type { TopicPartition } from '../core/record-batch.ts'
import type { RecordCursor } from '../core/record-cursor.ts'
import type { ByteTarget } from './byte-target.ts'
import { copyBytes } from './copy.ts'
import type { FileEncoder, FilePart, FinishedFile } from './file-encoder.ts'
import {
  INTEGER_ROOM_BYTES,
  jsonStringRoom,
  type Literal,
  literal,
  putLiteral,
  writeBase64,
  writeInteger,
  writeJsonString,
} from './json-bytes.ts'
import { JsonScanner } from './json-scanner.ts'

/**
 * What a value is:
 * - `string`: UTF-8 text, written as a JSON string
 * - `json`: JSON, written as it is; RecordRefusedError for what is not JSON
 */
export type JsonValues = 'string' | 'json'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const COMMA = 0x2c
const QUOTE = 0x22

/** What stands before a value, by what the value is. */
interface Field {
  readonly ofNull: Literal
  readonly ofText: Literal
  readonly ofBase64: Literal
  readonly ofJson: Literal
}

const KEY = field(',', 'key')
const VALUE = field(',', 'value')
const HEADER_KEY = field('{', 'key')
const TIMESTAMP = literal(',"timestamp":')
const HEADERS = literal(',"headers":[')
const NO_HEADERS_END = literal(',"headers":[]}\n')
const HEADERS_END = literal(']}\n')

const scanner = new JsonScanner()

/** Names, punctuation and the quotes of one field. */
const FIELD_ROOM_BYTES = 32
const LINE_ROOM_BYTES = 2 * INTEGER_ROOM_BYTES + 2 * FIELD_ROOM_BYTES + 64

/**
 * JSON lines: one object a record.
 *
 *     {"topic":"t","partition":0,"offset":7,"timestamp":1700000000000,"key":null,"value":"...",
 *      "headers":[{"key":"trace","value":"1"}]}
 *
 * Nothing is replaced silently. Bytes that are valid UTF-8 are a JSON string; others go as base64
 * under another name: `keyBase64`, `valueBase64`. null is null. Headers are an array, since a
 * record may have several of one key. `timestamp` is milliseconds since 1970.
 *
 * With values `json` the value is the producer's own text, every digit of its numbers included;
 * only line breaks between its tokens become spaces, to keep it on its line.
 */
export class JsonLinesFileEncoder implements FileEncoder {
  records = 0
  private readonly at: TopicPartition
  private readonly target: ByteTarget
  private readonly values: JsonValues
  /** All that is the same for every record of the partition. */
  private readonly lineStart: Literal

  constructor(at: TopicPartition, target: ByteTarget, values: JsonValues) {
    this.at = at
    this.target = target
    this.values = values
    const topic = JSON.stringify(at.topic)
    this.lineStart = literal(`{"topic":${topic},"partition":${at.partition},"offset":`)
  }

  get fileBytes(): number {
    return this.target.byteLength
  }

  get heldBytes(): number {
    return this.target.heldBytes
  }

  append(cursor: RecordCursor): void {
    const embed = this.values === 'json' && cursor.valueLength >= 0
    if (embed && !isJson(cursor)) throw this.refused(cursor.offset)
    const target = this.target
    target.room(this.roomFor(cursor, embed))
    const { buffer, view } = target
    let to = putLiteral(this.lineStart, view, target.position)
    to = writeInteger(cursor.offset, buffer, to)
    to = putLiteral(TIMESTAMP, view, to)
    const { exactTimestamp } = cursor
    to =
      exactTimestamp === undefined
        ? writeInteger(cursor.timestampMs, buffer, to)
        : to + buffer.write(exactTimestamp, to, 'latin1')
    to = this.putField(KEY, cursor, cursor.keyStart, cursor.keyLength, to)
    to = embed
      ? this.putJson(cursor, to)
      : this.putField(VALUE, cursor, cursor.valueStart, cursor.valueLength, to)
    to =
      cursor.headerCount === 0 ? putLiteral(NO_HEADERS_END, view, to) : this.putHeaders(cursor, to)
    target.position = to
    this.records += 1
  }

  cut(): FilePart | undefined {
    return this.target.cut()
  }

  finish(): FinishedFile {
    return this.target.finish()
  }

  /** At least what the line takes. */
  private roomFor(cursor: RecordCursor, embed: boolean): number {
    const { source } = cursor
    let bytes = this.lineStart.byteLength + LINE_ROOM_BYTES
    bytes += jsonStringRoom(source, cursor.keyStart, cursor.keyLength)
    bytes += embed
      ? cursor.valueLength
      : jsonStringRoom(source, cursor.valueStart, cursor.valueLength)
    if (cursor.headerCount === 0) return bytes
    cursor.rewindHeaders()
    while (cursor.nextHeader()) {
      bytes += jsonStringRoom(source, cursor.headerKeyStart, cursor.headerKeyLength)
      bytes += jsonStringRoom(source, cursor.headerValueStart, cursor.headerValueLength)
      bytes += 2 * FIELD_ROOM_BYTES
    }
    return bytes
  }

  private putField(
    names: Field,
    cursor: RecordCursor,
    start: number,
    length: number,
    position: number,
  ): number {
    const { target } = this
    const { buffer, view } = target
    if (length < 0) return putLiteral(names.ofNull, view, position)
    let to = writeJsonString(
      cursor,
      start,
      length,
      target,
      putLiteral(names.ofText, view, position),
    )
    if (to < 0) {
      to = putLiteral(names.ofBase64, view, position)
      to = writeBase64(cursor.source, start, length, buffer, to)
    }
    buffer[to] = QUOTE
    return to + 1
  }

  private putJson(cursor: RecordCursor, position: number): number {
    const { buffer, view } = this.target
    const start = putLiteral(VALUE.ofJson, view, position)
    const end = copyBytes(cursor.source, cursor.valueStart, cursor.valueLength, buffer, start)
    if (cursor.valueIncludes(LINE_FEED) || cursor.valueIncludes(CARRIAGE_RETURN)) {
      // In valid JSON they stand only between tokens: inside strings they are escaped.
      for (let index = start; index < end; index += 1) {
        const byte = buffer[index]
        if (byte === LINE_FEED || byte === CARRIAGE_RETURN) buffer[index] = SPACE
      }
    }
    return end
  }

  private putHeaders(cursor: RecordCursor, position: number): number {
    const { buffer, view } = this.target
    let to = putLiteral(HEADERS, view, position)
    cursor.rewindHeaders()
    for (let isFirst = true; cursor.nextHeader(); isFirst = false) {
      if (!isFirst) buffer[to++] = COMMA
      to = this.putField(HEADER_KEY, cursor, cursor.headerKeyStart, cursor.headerKeyLength, to)
      to = this.putField(VALUE, cursor, cursor.headerValueStart, cursor.headerValueLength, to)
      buffer[to++] = 0x7d
    }
    return putLiteral(HEADERS_END, view, to)
  }

  private refused(offset: number): RecordRefusedError {
    return new RecordRefusedError(
      this.at,
      offset,
      'has a value that is not JSON',
      "Set format.values to 'string', or have its producer write JSON.",
    )
  }
}

function isJson({ source, view, valueStart, valueLength }: RecordCursor): boolean {
  return scanner.isJson(source, view, valueStart, valueLength)
}

function field(before: string, name: string): Field {
  return {
    ofNull: literal(`${before}"${name}":null`),
    ofText: literal(`${before}"${name}":"`),
    ofBase64: literal(`${before}"${name}Base64":"`),
    ofJson: literal(`${before}"${name}":`),
  }
}
