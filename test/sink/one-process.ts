import { vi } from 'vitest'
import type { FlushReport } from '../../src/core/observer.ts'
import { ScriptedSchedule } from '../simulation/scripted-schedule.ts'
import { SimHdfs } from '../simulation/sim-hdfs.ts'
import { SimKafka } from '../simulation/sim-kafka.ts'
import { createProcess, type ProcessOptions, type SimProcess } from '../simulation/sim-process.ts'

export interface OneProcess extends SimProcess {
  readonly hdfs: SimHdfs
  readonly kafka: SimKafka
  readonly schedule: ScriptedSchedule
  /** `partition reason` of every stop. */
  readonly stops: string[]
  readonly flushed: FlushReport[]
  /** Everything that can happen now does; `ms` pass. */
  readonly pass: (ms?: number) => Promise<void>
  /** A new assignment of all partitions to this process. */
  readonly assign: () => Promise<void>
  /** Fetches, from every partition that flows, what there is. */
  readonly fetch: (most?: number) => Promise<void>
  /** The lines of every final file, by path. */
  readonly files: () => Record<string, string[]>
}

interface Setup extends Partial<Omit<ProcessOptions, 'who' | 'hdfs' | 'kafka' | 'schedule'>> {
  readonly topic?: string
  readonly partitions?: number
}

/** The real worker between simulated servers. Needs fake timers; see test/support/delay.ts. */
export function oneProcess({ topic = 't', partitions = 1, ...options }: Setup = {}): OneProcess {
  const hdfs = new SimHdfs()
  const kafka = new SimKafka(topic, partitions)
  const schedule = new ScriptedSchedule()
  const stops: string[] = []
  const flushed: FlushReport[] = []
  const observer = {
    stopped: ({ partition }: { partition: number }, reason: string) =>
      void stops.push(`${partition} ${reason}`),
    flushed: (report: FlushReport) => void flushed.push(report),
    ...options.observer,
  }
  const process = createProcess({ ...options, who: 'a', hdfs, kafka, schedule, observer })
  const pass = async (ms = 0): Promise<void> => {
    await vi.advanceTimersByTimeAsync(ms)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    ...process,
    hdfs,
    kafka,
    schedule,
    stops,
    flushed,
    pass,
    assign: async () => {
      kafka.beginRebalance([process.member])
      await pass()
      kafka.completeRebalance()
      await pass()
    },
    fetch: async (most = 100) => {
      for (const partition of process.member.readable) process.member.fetch(partition, most)
      await pass()
    },
    files: () =>
      Object.fromEntries(
        hdfs
          .filesBelow('/data')
          .map((path) => [path, String(hdfs.read(path)).trimEnd().split('\n')]),
      ),
  }
}

export function fakeTimers(): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
    now: 0,
  })
}
