import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Contents, readContents } from '../../src/audit/contents.ts'
import { decompress } from '../../src/audit/decompress.ts'

const LINES = Array.from({ length: 3_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 50)}\n`)
const compressors = {
  gzip: (bytes: Buffer) => gzipSync(bytes),
  zstd: (bytes: Buffer) =>
    zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
}

/** A file as the sink makes it: a member or frame for every block. */
function compress(codec: 'gzip' | 'zstd', lines: readonly string[], linesPerBlock: number): Buffer {
  const blocks: Buffer[] = []
  for (let from = 0; from < lines.length; from += linesPerBlock) {
    blocks.push(compressors[codec](Buffer.from(lines.slice(from, from + linesPerBlock).join(''))))
  }
  return Buffer.concat(blocks)
}

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}

describe.each(['gzip', 'zstd'] as const)('a %s file', (codec) => {
  const read = (bytes: Buffer, size: number): Promise<Contents> =>
    readContents(cut(bytes, size), { codec, format: 'text' })
  const block = compress(codec, LINES.slice(0, 700), 700).length
  const sizes = [1, 7, block, block + 1, 1_000, 1_000_000]

  it.each(sizes)('is read to its last member, in chunks of %i bytes', async (size) => {
    const file = compress(codec, LINES, 700)
    const contents = await read(file, size)
    expect(contents).toMatchObject({ byteLength: file.length, lines: 3_000, damage: undefined })
    expect(contents.lastLine?.text).toBe(LINES.at(-1)?.trimEnd())
  })

  it.each(sizes)(
    'that is damaged is never taken for whole, in chunks of %i bytes',
    async (size) => {
      const file = compress(codec, LINES, 700)
      const flipped = Buffer.from(file)
      flipped[block + 40]! ^= 1
      const damaged = {
        'cut in its last member': file.subarray(0, file.length - 3),
        'cut in the header of a member': file.subarray(0, block + 3),
        'with a byte behind it': Buffer.concat([file, Buffer.from('x')]),
        'with a zero behind it': Buffer.concat([file, Buffer.of(0)]),
        'with a bit flipped': flipped,
        empty: Buffer.alloc(0),
      }
      for (const [name, bytes] of Object.entries(damaged)) {
        expect((await read(bytes, size)).damage, name).toContain(`not valid ${codec}`)
      }
    },
  )

  it('is unpacked no faster than it is taken, however much comes of it', async () => {
    const zeros = compressors[codec](Buffer.alloc(64 * 1024 * 1024))
    let largest = 0
    let total = 0
    for await (const chunk of decompress(cut(zeros, 65_536), codec)) {
      largest = Math.max(largest, chunk.byteLength)
      total += chunk.byteLength
    }
    expect(total).toBe(64 * 1024 * 1024)
    expect(largest).toBeLessThanOrEqual(128 * 1024)
  })

  it('fails with the error of whoever reads it', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield compress(codec, LINES, 700).subarray(0, 100)
      throw new TypeError('the connection broke')
    }
    await expect(readContents(broken(), { codec, format: 'text' })).rejects.toThrow(TypeError)
  })
})

describe('text', () => {
  const read = (text: string, size: number) =>
    readContents(cut(Buffer.from(text), size), { codec: 'none', format: 'text' })

  it.each([1, 2, 3, 100])('is counted by its line breaks, in chunks of %i bytes', async (size) => {
    expect(await read('', size)).toMatchObject({ lines: 0, damage: undefined })
    expect(await read('\n\na\n', size)).toMatchObject({ lines: 3, damage: undefined })
    const contents = await read('first\n\nlast one\n', size)
    expect(contents.firstLine).toEqual({ text: 'first', byteLength: 5 })
    expect(contents.lastLine).toEqual({ text: 'last one', byteLength: 8 })
    expect((await read('a\nb', size)).damage).toContain('no line break at its end')
  })

  it('shows the beginning of a long line', async () => {
    const { firstLine } = await read(`${'a'.repeat(500)}\n`, 64)
    expect(firstLine).toEqual({ text: `${'a'.repeat(160)}...`, byteLength: 500 })
  })
})

describe('JSON lines', () => {
  const line = (offset: number, value = 'v') =>
    `{"topic":"t","partition":0,"offset":${offset},"timestamp":-1,"key":null,"value":"${value}","headers":[]}\n`
  const read = async (lines: readonly string[], size: number) => {
    const offsets: number[] = []
    const onOffset = (offset: number) => offsets.push(offset)
    const options = { codec: 'none', format: 'json-lines', onOffset } as const
    return { offsets, ...(await readContents(cut(Buffer.from(lines.join('')), size), options)) }
  }

  it.each([1, 10, 5_000])('tell their offsets, in chunks of %i bytes', async (size) => {
    const found = await read([line(3), line(4, 'x'.repeat(2_000)), line(9)], size)
    expect(found).toMatchObject({ offsets: [3, 4, 9], firstOffset: 3, lastOffset: 9, lines: 3 })
    expect(found.damage).toBeUndefined()
  })

  it.each([1, 10, 5_000])(
    'are damaged when a line is none, in chunks of %i bytes',
    async (size) => {
      expect((await read([line(3), 'torn\n'], size)).damage).toContain('line 2')
      expect((await read([line(3), line(4).replace('}\n', '\n')], size)).damage).toContain('line 2')
      expect((await read([line(3), '\n'], size)).damage).toContain('line 2')
      expect((await read([line(4), line(4)], size)).damage).toBe('offset 4 follows offset 4')
    },
  )
})
