import type { Figures } from '../figures.ts'
import { runForJson } from '../tools/run-tool.ts'
import type { Scenario, Subject } from '../types.ts'

/** CPU microseconds a record. */
export interface LoopCost {
  readonly text: number
  readonly compressed: number
  readonly alone: number
}

const CODECS = ['gzip', 'zstd'] as const
const VALUE_BYTES = [100, 1024] as const

export const CODEC_LOOPS = CODECS.flatMap((codec) =>
  VALUE_BYTES.map((valueBytes) => ({
    name: `${codec} 1, web events of ${valueBytes} B`,
    args: [codec, valueBytes],
  })),
)

export const CODEC_LOOP: Scenario = {
  name: 'codec-loop',
  title: 'Codecs in the loop over records',
  about:
    'From fetched batches to files in memory, without Kafka and HDFS: what the loop with a codec takes ' +
    'beyond the loop without one, beside the codec alone on the same lines, in turn in one process.',
  rounds: { quick: 1, full: 5 },
  async prepare() {
    const subjects = CODEC_LOOPS.map(
      ({ name, args }): Subject => ({
        name,
        run: async () => figuresOf((await runForJson('codec-loop', args)) as LoopCost),
      }),
    )
    const facts =
      'Each the median of seven turns with 24 MiB of values, after one for the compiler.'
    return { facts, subjects, cleanUp: async () => {} }
  },
}

export function figuresOf({ text, compressed, alone }: LoopCost): Figures {
  return { cpuSecondsPerMillion: compressed, ofCodec: (compressed - text) / alone }
}
