/*
 * Web events for a topic, until it is told to end: the producer of docker-compose.yml.
 *
 *   KAFKA_BROKERS      where to send them, comma-separated; localhost:9092 by default
 *   TOPIC              select-color by default
 *   EVENTS_PER_SECOND  200 by default
 *
 * Ends with 1 when Kafka does not take them; whoever runs it starts it anew.
 */
import { randomInt } from 'node:crypto'
import { produceEvents } from './kafka.ts'
import { webEvents } from './web-events.ts'

const TELL_EVERY_MS = 10_000

const { KAFKA_BROKERS = 'localhost:9092', TOPIC = 'select-color', EVENTS_PER_SECOND } = process.env
const eventsPerSecond = Number(EVENTS_PER_SECOND || '200')
if (!(eventsPerSecond >= 1 && eventsPerSecond <= 100_000)) {
  console.error(`EVENTS_PER_SECOND: expected a number from 1 to 100000, found ${EVENTS_PER_SECOND}`)
  process.exit(2)
}

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ending.abort())

let produced = 0
const telling = setInterval(() => console.error(`${produced} events sent`), TELL_EVERY_MS)
try {
  console.error(`sending ${eventsPerSecond} events a second to ${TOPIC} at ${KAFKA_BROKERS}`)
  await produceEvents(
    { brokers: KAFKA_BROKERS.split(','), topic: TOPIC },
    {
      nextEvent: webEvents(randomInt(2 ** 31)),
      events: Number.POSITIVE_INFINITY,
      eventsPerSecond,
      onProduced: (events) => {
        produced = events
      },
      signal: ending.signal,
    },
  )
} catch (error) {
  if (!ending.signal.aborted) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
} finally {
  clearInterval(telling)
}
console.error(`${produced} events sent, in all`)
process.exit()
