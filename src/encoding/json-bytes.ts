import { isUtf8 } from 'node:buffer'
import type { RecordCursor } from '../core/record-cursor.ts'
import type { ByteTarget } from './byte-target.ts'

const BACKSLASH = 0x5c
const LETTER_U = 0x75
const ZERO = 0x30
const MINUS = 0x2d
const HEX_DIGITS = Buffer.from('0123456789abcdef')
const BILLION = 1_000_000_000

/** For each byte, what follows the backslash in a JSON string; 0 where the byte stays as it is. */
const ESCAPE_LETTERS = escapeLetters()
/** `\u0000` for one byte. */
const LONGEST_ESCAPE_BYTES = 6
/** Up to this length the worst case is assumed; beyond it the exact length is worth a scan. */
const ASSUME_WORST_BYTES = 4096

/**
 * Writes bytes of the cursor's batch as the inside of a JSON string, without the quotes. Returns
 * where it ends, or -1 where the bytes are not valid UTF-8: then what was written is void.
 *
 * Four bytes at a time, as long as there is nothing to escape in them: the bit tricks find a byte
 * below 0x20, a quote or a backslash in a word. They may find one where there is none, never the
 * other way round.
 */
export function writeJsonString(
  cursor: RecordCursor,
  start: number,
  length: number,
  target: ByteTarget,
  position: number,
): number {
  const { source, view } = cursor
  const { buffer: targetBuffer, view: targetView } = target
  const end = start + length
  const lastWord = end - 4
  let seen = 0
  let from = start
  let to = position
  while (from <= lastWord) {
    const word = view.getInt32(from, true)
    const quote = word ^ 0x22222222
    const backslash = word ^ 0x5c5c5c5c
    const below = (word - 0x20202020) | (quote - 0x01010101) | (backslash - 0x01010101)
    seen |= word
    if ((below & ~word & 0x80808080) === 0) {
      targetView.setInt32(to, word, true)
      to += 4
    } else {
      to = writeEscaped(source, from, from + 4, targetBuffer, to)
    }
    from += 4
  }
  for (let index = from; index < end; index += 1) seen |= source[index]!
  to = writeEscaped(source, from, end, targetBuffer, to)
  const isAscii = (seen & 0x80808080) === 0
  return isAscii || isUtf8(source.subarray(start, end)) ? to : -1
}

function writeEscaped(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  position: number,
): number {
  let to = position
  for (let from = start; from < end; from += 1) {
    const byte = source[from]!
    const letter = ESCAPE_LETTERS[byte]!
    if (letter === 0) {
      target[to++] = byte
      continue
    }
    target[to++] = BACKSLASH
    target[to++] = letter
    if (letter !== LETTER_U) continue
    target[to++] = ZERO
    target[to++] = ZERO
    target[to++] = HEX_DIGITS[byte >>> 4]!
    target[to++] = HEX_DIGITS[byte & 15]!
  }
  return to
}

/** Room enough for these bytes as the inside of a JSON string, or in base64. */
export function jsonStringRoom(source: Buffer, start: number, length: number): number {
  if (length <= 0) return 0
  if (length <= ASSUME_WORST_BYTES) return length * LONGEST_ESCAPE_BYTES
  let escapedLength = length
  for (let index = start; index < start + length; index += 1) {
    const letter = ESCAPE_LETTERS[source[index]!]!
    if (letter !== 0) escapedLength += letter === LETTER_U ? LONGEST_ESCAPE_BYTES - 1 : 1
  }
  return Math.max(escapedLength, base64Length(length))
}

export function writeBase64(
  source: Buffer,
  start: number,
  length: number,
  target: Buffer,
  position: number,
): number {
  return (
    position + target.write(source.toString('base64', start, start + length), position, 'latin1')
  )
}

function base64Length(length: number): number {
  return Math.ceil(length / 3) * 4
}

/** Text that is written again and again, as 32-bit words. */
export interface Literal {
  readonly words: Int32Array
  readonly byteLength: number
}

export function literal(text: string): Literal {
  const bytes = Buffer.from(text)
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4)
  bytes.copy(padded)
  const words = Int32Array.from({ length: padded.length / 4 }, (_, at) =>
    padded.readInt32LE(at * 4),
  )
  return { words, byteLength: bytes.length }
}

/** Returns where the text ends. Up to three bytes behind it are overwritten. */
export function putLiteral(text: Literal, target: DataView, position: number): number {
  const { words } = text
  for (let index = 0; index < words.length; index += 1) {
    target.setInt32(position + index * 4, words[index]!, true)
  }
  return position + text.byteLength
}

/** Room enough for any number that `writeInteger` writes. */
export const INTEGER_ROOM_BYTES = 24

/** Writes an integer in decimal digits; returns where it ends. */
export function writeInteger(value: number, target: Buffer, position: number): number {
  if (value < 0) {
    target[position] = MINUS
    return writeInteger(-value, target, position + 1)
  }
  if (value < BILLION) return writeDigits(value, digitCount(value), target, position)
  if (value > Number.MAX_SAFE_INTEGER) {
    return position + target.write(String(value), position, 'latin1')
  }
  const billions = Math.floor(value / BILLION)
  const end = writeInteger(billions, target, position)
  return writeDigits(value - billions * BILLION, 9, target, end)
}

/** The last `count` digits of a number below a billion. */
function writeDigits(value: number, count: number, target: Buffer, position: number): number {
  let rest = value | 0
  for (let index = position + count - 1; index >= position; index -= 1) {
    const tenth = (rest / 10) | 0
    target[index] = ZERO + rest - tenth * 10
    rest = tenth
  }
  return position + count
}

function digitCount(value: number): number {
  let count = 1
  for (let power = 10; power <= value; power *= 10) count += 1
  return count
}

function escapeLetters(): Uint8Array {
  const letters = new Uint8Array(256)
  letters.fill(LETTER_U, 0, 0x20)
  const short = { '\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r', '"': '"', '\\': '\\' }
  for (const [char, letter] of Object.entries(short)) {
    letters[char.charCodeAt(0)] = letter.charCodeAt(0)
  }
  return letters
}
