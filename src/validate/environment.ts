import { Checklist, type Step } from './checklist.ts'
import { checkHdfs, type HdfsSettings, type HdfsToCheck } from './hdfs-checks.ts'
import { checkKafka, type KafkaSettings, type KafkaToCheck } from './kafka-checks.ts'
import type { Network } from './network.ts'

/** What is asked, and how. */
export interface Environment {
  readonly network: Network
  readonly kafka: KafkaToCheck
  readonly hdfs: HdfsToCheck
}

/**
 * Whether everything around the sink is as it needs it: Kafka first, then HDFS, a step after the
 * other, each reported when it is done. Joins and commits nothing, and leaves nothing behind in HDFS.
 * When the signal aborts the rest is skipped. Never throws.
 */
export async function checkEnvironment(
  { network, kafka, hdfs }: Environment,
  settings: { readonly kafka: KafkaSettings; readonly hdfs: HdfsSettings },
  { report, signal }: { readonly report: (step: Step) => void; readonly signal: AbortSignal },
): Promise<{ readonly ok: boolean; readonly steps: readonly Step[] }> {
  const list = new Checklist(report, signal)
  await checkKafka(list, network, kafka, settings.kafka)
  await checkHdfs(list, network, hdfs, settings.hdfs)
  return { ok: list.ok, steps: list.steps }
}
