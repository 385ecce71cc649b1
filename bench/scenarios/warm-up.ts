import { removeRun } from '../sink/measure.ts'
import { runBenchTool } from '../tools/run-tool.ts'
import type { Bench } from '../types.ts'
import { PARTITIONS, UPLOADS_AT_ONCE } from './throughput.ts'

const FLUSHES_PER_PARTITION = 1_500
const FILES = 40
const FILE_BYTES = 48 * 1024 * 1024

/**
 * Small files and large ones, into nowhere. A NameNode and a DataNode that have just started take several
 * times as long for their first thousands of requests as those of a cluster, which have been compiled.
 */
export async function warmUp({ stack, say }: Bench): Promise<void> {
  say('warming the NameNode and the DataNode up')
  const run = `warm-up-${Date.now()}`
  const to = [stack.webhdfsUrls[0] ?? '', stack.hdfsUser, `/${run}`]
  await runBenchTool('raw-flush', [
    ...[...to, PARTITIONS, FLUSHES_PER_PARTITION],
    ...[1_000, UPLOADS_AT_ONCE, 'all'],
  ])
  await runBenchTool('raw-upload', [...to, FILES, FILE_BYTES, UPLOADS_AT_ONCE])
  await removeRun(stack, run)
}
