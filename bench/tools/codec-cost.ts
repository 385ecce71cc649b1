/**
 * What a codec costs by itself: compresses the lines of the same records, file by file.
 *
 *   node bench/tools/codec-cost.ts <gzip|zstd> <level> <kind of values> <records> <records per file>
 */
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { batchCycle, batchSizes } from '../load/record-batches.ts'
import type { ValueKind } from '../load/values.ts'
import { reportWork } from './run-tool.ts'

const CHUNK_BYTES = 1024 * 1024

const [codec = '', level = '', kind = '', records = '', recordsPerFile = ''] = process.argv.slice(2)
const lines = batchCycle(kind as ValueKind).values.flatMap((values) =>
  values.map((value) => Buffer.concat([value, Buffer.from('\n')])),
)

function compress(file: Buffer): Buffer {
  if (codec === 'gzip') return gzipSync(file, { level: Number(level), chunkSize: CHUNK_BYTES })
  const params = { [constants.ZSTD_c_compressionLevel]: Number(level) }
  return zstdCompressSync(file, { params, chunkSize: CHUNK_BYTES })
}

/** Its lines are brought together before, so that only the codec is measured. */
function fileOf(start: number, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, n) => lines[(start + n) % lines.length]!))
}

const files: Buffer[] = []
let start = 0
for (const count of batchSizes(Number(records), Number(recordsPerFile))) {
  files.push(fileOf(start, count))
  start += count
}
await reportWork(async () => {
  for (const file of files) compress(file)
})
