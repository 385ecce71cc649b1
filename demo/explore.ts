import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { toolScript } from '../stack/index.ts'
import { together } from './cancel.ts'
import { followSink } from './follow-sink.ts'
import { produceEvents } from './kafka.ts'
import { here, type Running } from './running.ts'

const KEPT_EVENTS_PER_SECOND = 10
const EXAMPLE = '{"timestamp":"2026-01-01T00:00:00Z","colorName":"하늘색","userName":"홍길동"}'

/** Says where everything is and, with --keep, leaves it there until the user has seen enough. */
export async function explore(running: Running): Promise<void> {
  const { options, stack, sinkUrl } = running
  const { screen } = options
  const url = stack.webhdfsUrls[0]
  screen.heading('Where to look')
  screen.result(`  status      ${sinkUrl}/readyz
  metrics     ${sinkUrl}/metrics
  NameNode    ${stack.nameNodePage}
  WebHDFS     ${url}/webhdfs/v1
  Kafka       ${stack.brokers[0]}
  logs        ${here(path.join(stack.directory, 'logs'))}`)
  if (!options.keep) {
    screen.result(
      '  until this demo ends, in a moment: npm run demo -- --keep leaves it all running',
    )
    return
  }
  screen.result(await examples(running))
  await keepProducing(running)
}

async function examples({ stack, topic }: Running): Promise<string> {
  const bin = path.join(stack.directory, 'bin')
  await mkdir(bin, { recursive: true })
  const script = path.join(bin, 'kafka-tool')
  await writeFile(script, toolScript(stack.info.tools.kafka), { mode: 0o755 })
  return `
  Try
    curl '${stack.webhdfsUrls[0]}/webhdfs/v1/kafka/${topic.topic}?op=LISTSTATUS'
    echo '${EXAMPLE}' |
      ${here(script)} org.apache.kafka.tools.ConsoleProducer \\
        --bootstrap-server ${topic.brokers[0]} --topic ${topic.topic}

  ${KEPT_EVENTS_PER_SECOND} events a second go on arriving. Ctrl-C ends it all and removes its data.
`
}

/** Returns when the user ends it; throws when something else does. */
async function keepProducing({ options, topic, nextEvent, ...running }: Running): Promise<void> {
  const follow = { screen: options.screen, sinkUrl: running.sinkUrl, sinkLog: running.sinkLog }
  let produced = options.events
  const onProduced = (sent: number) => {
    produced = options.events + sent
  }
  const pace = { events: Number.POSITIVE_INFINITY, eventsPerSecond: KEPT_EVENTS_PER_SECOND }
  try {
    await together(
      running.signal,
      (signal) => produceEvents(topic, { ...pace, nextEvent, onProduced, signal }),
      (signal) => followSink({ ...follow, signal, produced: () => produced }),
    )
  } catch (error) {
    if (!options.signal.aborted) throw error
  }
}
