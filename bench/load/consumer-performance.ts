import type { Stack } from '../../stack/index.ts'

const TIMEOUT_MS = 600_000

/** Records a second that the broker's own consumer reads and drops, without joining the group. */
export async function consumerPerformance(
  stack: Stack,
  topic: string,
  records: number,
): Promise<number> {
  const result = await stack.kafkaTool(
    'org.apache.kafka.tools.ConsumerPerformance',
    [
      ...['--bootstrap-server', stack.brokers.join(','), '--topic', topic],
      ...['--num-records', String(records), '--timeout', '60000'],
    ],
    { timeoutMs: TIMEOUT_MS },
  )
  const output = result.stdout.toString()
  if (result.exitCode !== 0) throw new Error(`ConsumerPerformance: ${result.stderr}${output}`)
  return consumerRate(output)
}

/** It prints a heading and a line of figures, both separated by commas. */
export function consumerRate(output: string): number {
  const lines = output.split('\n')
  const heading = lines.findIndex((line) => line.includes('fetch.nMsg.sec'))
  const names = (lines[heading] ?? '').split(',').map((name) => name.trim())
  const values = (lines[heading + 1] ?? '').split(',')
  const rate = Number(values[names.indexOf('fetch.nMsg.sec')])
  if (!(rate > 0)) throw new Error(`expected fetch.nMsg.sec, found:\n${output}`)
  return rate
}
