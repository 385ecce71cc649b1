import { type Codec, decompress, UndecodableError } from './decompress.ts'

export type LineFormat = 'text' | 'json-lines'

/** What a file holds, read to its last byte. */
export interface Contents {
  /** Of the file itself, as read. */
  readonly byteLength: number
  readonly lines: number
  readonly firstLine: Shortened | undefined
  readonly lastLine: Shortened | undefined
  /** Of JSON lines that the sink has written. */
  readonly firstOffset: number | undefined
  readonly lastOffset: number | undefined
  /** What is wrong with it; undefined when nothing is. What was read before counts all the same. */
  readonly damage: string | undefined
}

/** The beginning of a line. */
export interface Shortened {
  readonly text: string
  readonly byteLength: number
}

export interface ContentsOptions {
  readonly codec: Codec
  readonly format: LineFormat
  /** For each record of JSON lines, in order. */
  readonly onOffset?: (offset: number) => void
}

const LINE_FEED = 0x0a
const CLOSING_BRACE = 0x7d
/** Enough for a topic of 249 characters and what stands around it. */
const HEAD_BYTES = 400
const SHOWN_BYTES = 160
/** The order of the fields is the sink's. */
const JSON_HEAD = /^\{"topic":"[^"]*","partition":\d+,"offset":(\d+),"timestamp":-?\d+,/

/** Throws only what the reading of the bytes throws. */
export async function readContents(
  chunks: AsyncIterable<Uint8Array>,
  options: ContentsOptions,
): Promise<Contents> {
  const lines = new Lines(options)
  let byteLength = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      byteLength += chunk.byteLength
      yield chunk
    }
  }
  let damage: string | undefined
  try {
    for await (const chunk of decompress(counted(), options.codec)) lines.add(chunk)
    lines.end()
    if (byteLength === 0 && options.codec !== 'none')
      damage = `not valid ${options.codec}: no bytes`
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error
    damage = `${error.message}, after ${lines.count} records`
  }
  return {
    byteLength,
    lines: lines.count,
    firstLine: lines.first,
    lastLine: lines.last,
    firstOffset: lines.firstOffset,
    lastOffset: lines.lastOffset,
    damage: damage ?? lines.damage,
  }
}

/** Counts lines and looks at their heads, however long they are. */
class Lines {
  count = 0
  firstOffset: number | undefined
  lastOffset: number | undefined
  damage: string | undefined
  #first: Shortened | undefined
  /** Where the last line begins, in a chunk of which only that is held. */
  #last: { readonly head: Uint8Array; readonly byteLength: number } | undefined
  readonly #isJson: boolean
  readonly #onOffset: ((offset: number) => void) | undefined
  /** Of a line that goes on in the next chunk: its beginning, and its length so far. */
  #carried: Uint8Array = new Uint8Array()
  #carriedBytes = 0
  #lastByte = -1

  constructor({ format, onOffset }: ContentsOptions) {
    this.#isJson = format === 'json-lines'
    this.#onOffset = onOffset
  }

  get first(): Shortened | undefined {
    return this.#first
  }

  get last(): Shortened | undefined {
    return this.#last && shorten(this.#last.head, this.#last.byteLength)
  }

  add(chunk: Uint8Array): void {
    let from = 0
    for (;;) {
      const to = chunk.indexOf(LINE_FEED, from)
      if (to === -1) break
      const isCarried = this.#carriedBytes > 0
      if (isCarried) this.#carry(chunk, from, to)
      const head = isCarried ? this.#carried : chunk.subarray(from, Math.min(to, from + HEAD_BYTES))
      const lastByte = to > from ? chunk[to - 1] : this.#lastByte
      this.#line(head, isCarried ? this.#carriedBytes : to - from, lastByte)
      this.#carried = new Uint8Array()
      this.#carriedBytes = 0
      from = to + 1
    }
    // What is kept is a copy: a chunk must not be held for the sake of a line.
    if (this.#last !== undefined) this.#last = { ...this.#last, head: this.#last.head.slice() }
    if (from < chunk.byteLength) this.#carry(chunk, from, chunk.byteLength)
  }

  end(): void {
    if (this.#carriedBytes === 0) return
    this.damage ??= `its last line has no line break at its end, after ${this.count} records`
  }

  #carry(chunk: Uint8Array, from: number, to: number): void {
    const room = HEAD_BYTES - this.#carried.byteLength
    if (room > 0) {
      const head = chunk.subarray(from, Math.min(to, from + room))
      this.#carried = Buffer.concat([this.#carried, head])
    }
    this.#carriedBytes += to - from
    if (to > from) this.#lastByte = chunk[to - 1] ?? -1
  }

  #line(head: Uint8Array, byteLength: number, lastByte: number | undefined): void {
    if (this.#isJson) this.#checkJson(head, lastByte)
    this.count += 1
    this.#first ??= shorten(head, byteLength)
    this.#last = { head, byteLength }
  }

  #checkJson(head: Uint8Array, lastByte: number | undefined): void {
    const offset = Number(JSON_HEAD.exec(textOf(head))?.[1] ?? Number.NaN)
    if (Number.isNaN(offset) || lastByte !== CLOSING_BRACE) {
      this.damage ??= `line ${this.count + 1} is not one of the sink's JSON lines`
      return
    }
    if (this.lastOffset !== undefined && offset <= this.lastOffset) {
      this.damage ??= `offset ${offset} follows offset ${this.lastOffset}`
    }
    this.firstOffset ??= offset
    this.lastOffset = offset
    this.#onOffset?.(offset)
  }
}

function shorten(head: Uint8Array, byteLength: number): Shortened {
  const text = new TextDecoder().decode(head.subarray(0, SHOWN_BYTES))
  return { text: byteLength > SHOWN_BYTES ? `${text}...` : text, byteLength }
}

/** Bytes as characters: only ASCII is looked for. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
