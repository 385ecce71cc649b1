import { measureIdle, measureSink, removeRun } from '../sink/measure.ts'
import type { SinkFlags } from '../sink/sink-process.ts'
import type { Bench, Subject } from '../types.ts'

export interface SinkTopic {
  readonly scenario: string
  readonly topic: string
  readonly partitions: number
  readonly records: number
}

/** A sink that moves a whole topic at full speed; the CPU time of its start is measured before. */
export async function sinkSubject(
  bench: Bench,
  { scenario, topic, partitions, records }: SinkTopic,
  name: string,
  flags: SinkFlags,
): Promise<Subject> {
  const idle = await measureIdle(bench, scenario, { topics: 1, partitions, flags })
  return {
    name,
    async run(round) {
      const run = `${topic}-${round}-${name.replace(/\W+/g, '-')}`
      const measured = await measureSink(bench, { topics: [topic], run, flags }, records)
      await removeRun(bench.stack, run)
      const { recordsPerSecond, coresBusy, peakRssMib } = measured
      const cpuSecondsPerMillion = ((measured.cpuSeconds - idle.cpuSeconds) / records) * 1e6
      return { recordsPerSecond, cpuSecondsPerMillion, coresBusy, peakRssMib }
    },
  }
}
