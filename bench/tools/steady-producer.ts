/**
 * Produces at a steady rate and prints what it did, one line of JSON for each batch:
 * `[partition, first offset, records, time in ms]`. The time is that of the records.
 *
 *   node bench/tools/steady-producer.ts <broker> <topic> <partitions> <records a second> <seconds>
 */
import { setTimeout as wait } from 'node:timers/promises'
import { KafkaWire } from '../load/kafka-wire.ts'
import { batchCycle, encodeBatch, stampBatch } from '../load/record-batches.ts'

const TICK_MS = 20

const [broker = '', topic = '', partitions = '', rate = '', seconds = ''] = process.argv.slice(2)
const perTick = Math.round((Number(rate) * TICK_MS) / 1000 / Number(partitions))
const values = batchCycle('100 B').values.flat().slice(0, perTick)
const batch = encodeBatch(values, 0)
const wire = await KafkaWire.connect(broker)
const sent: Promise<unknown>[] = []

async function produce(partition: number, timeMs: number): Promise<void> {
  // The batch is stamped anew for each: the bytes that are on their way must be a copy.
  const own = Buffer.from(batch)
  stampBatch(own, timeMs)
  const offset = await wire.produce(topic, { partition, batches: own })
  console.log(JSON.stringify([partition, offset, perTick, timeMs]))
}

const startedMs = Date.now()
for (let tick = 0; tick * TICK_MS < Number(seconds) * 1000; tick++) {
  const dueMs = startedMs + tick * TICK_MS
  if (dueMs > Date.now()) await wait(dueMs - Date.now())
  // Stamped with the time that was meant: waiting for its turn is latency too.
  for (let p = 0; p < Number(partitions); p++) sent.push(produce(p, dueMs))
}
await Promise.all(sent)
wire.close()
