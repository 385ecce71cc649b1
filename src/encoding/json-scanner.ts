import { isUtf8 } from 'node:buffer'

const QUOTE = 0x22
const PLUS = 0x2b
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const BRACKET = 0x5b
const BACKSLASH = 0x5c
const BRACKET_END = 0x5d
const LETTER_E = 0x65
const LETTER_U = 0x75
const BRACE = 0x7b
const BRACE_END = 0x7d
const SPACE = 0x20

const LITERALS = ['true', 'false', 'null'].map((text) => Buffer.from(text))
const LITERAL_OF = new Map(LITERALS.map((text) => [text[0], text]))
/** What may follow a backslash, beside a `u`. */
const ESCAPED = flags('"\\/bfnrt')
const WHITE_SPACE = flags(' \t\n\r')
const HEX_DIGIT = flags('0123456789abcdefABCDEF')

/** So deep may values be nested before memory for it is taken. */
const USUAL_DEPTH = 256

/**
 * Tells whether bytes are one JSON text (RFC 8259) in valid UTF-8: exactly what JSON.parse takes,
 * without making anything of it. One pass; inside strings four bytes at a time.
 */
export class JsonScanner {
  private source: Buffer = Buffer.alloc(0)
  private view = new DataView(this.source.buffer)
  private at = 0
  private end = 0
  /** All bytes of strings, or-ed: beyond ASCII the text must be looked at for UTF-8. */
  private seen = 0
  /** For each array or object around the present value, what ends it. */
  private open = new Uint8Array(USUAL_DEPTH)
  private depth = 0

  /** `view` shows the same bytes as `source`. */
  isJson(source: Buffer, view: DataView, start: number, byteLength: number): boolean {
    this.source = source
    this.view = view
    this.at = start
    this.end = start + byteLength
    this.seen = 0
    this.depth = 0
    if (!this.skipText()) return false
    return (this.seen & 0x80808080) === 0 || isUtf8(source.subarray(start, this.end))
  }

  private skipText(): boolean {
    // Each turn: one value that holds no other, or the beginning of one that does.
    for (;;) {
      const first = this.nextToken()
      if (first === BRACE || first === BRACKET) {
        const last = first === BRACE ? BRACE_END : BRACKET_END
        this.push(last)
        if (this.nextToken() !== last) {
          if (first === BRACE && !this.skipKey()) return false
          continue
        }
      } else if (!this.skipScalar(first)) return false
      const goesOn = this.skipEnds()
      if (goesOn === undefined) return false
      if (!goesOn) return true
    }
  }

  /** Behind a value. true: another one follows; false: the text is over; undefined: neither. */
  private skipEnds(): boolean | undefined {
    for (;;) {
      const next = this.nextToken()
      if (this.depth === 0) return next === -1 ? false : undefined
      const end = this.open[this.depth - 1]
      this.at += 1
      if (next === end) this.depth -= 1
      else if (next !== COMMA) return undefined
      else return end === BRACKET_END || this.skipKey() ? true : undefined
    }
  }

  private push(last: number): void {
    if (this.depth === this.open.length) {
      const grown = new Uint8Array(this.depth * 2)
      grown.set(this.open)
      this.open = grown
    }
    this.open[this.depth] = last
    this.depth += 1
    this.at += 1
  }

  /** The next byte that is not white space; -1 at the end. */
  private nextToken(): number {
    const { source, end } = this
    let at = this.at
    while (at < end && source[at]! <= SPACE && WHITE_SPACE[source[at]!] === 1) at += 1
    this.at = at
    return at < end ? source[at]! : -1
  }

  private skipKey(): boolean {
    if (this.nextToken() !== QUOTE || !this.skipString()) return false
    if (this.nextToken() !== COLON) return false
    this.at += 1
    return true
  }

  private skipScalar(first: number): boolean {
    if (first === QUOTE) return this.skipString()
    if (first === MINUS || isDigit(first)) return this.skipNumber(first)
    const literal = LITERAL_OF.get(first)
    if (literal === undefined || this.end - this.at < literal.length) return false
    for (let index = 1; index < literal.length; index += 1) {
      if (this.source[this.at + index] !== literal[index]) return false
    }
    this.at += literal.length
    return true
  }

  private skipString(): boolean {
    const { source, view, end } = this
    const lastWord = end - 4
    let at = this.at + 1
    let { seen } = this
    for (;;) {
      // Stops at words with a byte below a space, a quote or a backslash in them; at others at times.
      while (at <= lastWord) {
        const word = view.getInt32(at, true)
        const quote = word ^ 0x22222222
        const backslash = word ^ 0x5c5c5c5c
        const below = (word - 0x20202020) | (quote - 0x01010101) | (backslash - 0x01010101)
        if ((below & ~word & 0x80808080) !== 0) break
        seen |= word
        at += 4
      }
      if (at >= end) return false
      const byte = source[at]!
      at += 1
      if (byte === QUOTE) {
        this.at = at
        this.seen = seen
        return true
      }
      if (byte < SPACE) return false
      if (byte === BACKSLASH) {
        at = this.afterEscape(at)
        if (at < 0) return false
      }
      seen |= byte
    }
  }

  /** `at` is behind the backslash. -1 where nothing valid follows. */
  private afterEscape(at: number): number {
    const { source, end } = this
    if (at >= end) return -1
    const letter = source[at]!
    if (letter !== LETTER_U) return ESCAPED[letter] === 1 ? at + 1 : -1
    if (end - at < 5) return -1
    for (let index = at + 1; index <= at + 4; index += 1) {
      if (HEX_DIGIT[source[index]!] === 0) return -1
    }
    return at + 5
  }

  private skipNumber(first: number): boolean {
    const { source, end } = this
    if (first === MINUS) this.at += 1
    const leading = this.at
    if (!this.skipDigits()) return false
    if (source[leading] === ZERO && this.at - leading > 1) return false
    if (this.at < end && source[this.at] === POINT) {
      this.at += 1
      if (!this.skipDigits()) return false
    }
    if (this.at < end && (source[this.at]! | 0x20) === LETTER_E) {
      this.at += 1
      const sign = this.at < end ? source[this.at] : -1
      if (sign === PLUS || sign === MINUS) this.at += 1
      if (!this.skipDigits()) return false
    }
    return true
  }

  /** At least one. */
  private skipDigits(): boolean {
    const { source, end } = this
    const start = this.at
    let at = start
    while (at < end && isDigit(source[at]!)) at += 1
    this.at = at
    return at > start
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE
}

/** 1 for each of these characters. */
function flags(chars: string): Uint8Array {
  const table = new Uint8Array(256)
  for (const char of chars) table[char.charCodeAt(0)] = 1
  return table
}
