/**
 * The ceiling of reading: fetches a topic and drops it, with the same limits as the sink.
 *
 *   node bench/tools/raw-fetch.ts <broker> <topic> <partitions> <records per partition>
 */
import { KafkaWire, nextOffset } from '../load/kafka-wire.ts'
import { reportWork } from './run-tool.ts'

const LIMITS = { maxBytesPerPartition: 1_048_576, maxWaitMs: 500 }

const [broker = '', topic = '', partitions = '', records = ''] = process.argv.slice(2)
const end = Number(records)
const offsets = new Array<number>(Number(partitions)).fill(0)
const wire = await KafkaWire.connect(broker)

await reportWork(async () => {
  for (;;) {
    const positions = offsets.flatMap((offset, partition) =>
      offset < end ? [{ partition, offset }] : [],
    )
    if (positions.length === 0) return
    for (const { partition, batches } of await wire.fetch(topic, positions, LIMITS)) {
      offsets[partition] = nextOffset(batches, offsets[partition] ?? 0)
    }
  }
})
wire.close()
