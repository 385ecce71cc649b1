import { fileExtension } from '../core/path-template.ts'
import type { ChunkPool } from './chunk-pool.ts'
import { byteTargets, type CompressionOptions } from './codec.ts'
import type { OutputFormat } from './file-encoder.ts'
import { JsonLinesFileEncoder, type JsonValues } from './json-lines-encoder.ts'
import { type LineBreaks, TextFileEncoder } from './text-encoder.ts'

export type { FileEncoder, FilePart, FinishedFile, OutputFormat } from './file-encoder.ts'

export interface TextOptions extends CompressionOptions {
  readonly type: 'text'
  readonly lineBreaks: LineBreaks
}

export interface JsonLinesOptions extends CompressionOptions {
  readonly type: 'json-lines'
  readonly values: JsonValues
}

export type OutputFormatOptions = TextOptions | JsonLinesOptions

/** What the files of the sink are made of. Their memory is of `pool`, if there is one. */
export function createOutputFormat(options: OutputFormatOptions, pool?: ChunkPool): OutputFormat {
  const newTarget = byteTargets(options, pool)
  const extension = fileExtension(options.type, options.compression)
  if (options.type === 'text') {
    const { lineBreaks } = options
    return { extension, open: (at) => new TextFileEncoder(at, newTarget(), lineBreaks) }
  }
  const { values } = options
  return { extension, open: (at) => new JsonLinesFileEncoder(at, newTarget(), values) }
}
