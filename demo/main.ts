/*
 * npm run demo: real Kafka, real HDFS, and the sink between them, before your eyes.
 *
 *   demo.ts           the steps, in their order
 *   follow-sink.ts    what happens as it happens, from the sink's own metrics and log
 *   explore.ts        where everything is, and --keep
 *   kafka.ts hdfs.ts  both ends as other programs see them: no code of the sink
 *   compare.ts        record by record
 *   web-events.ts     what is produced; produce.ts does only that, for docker-compose.yml
 *   sink-process.ts   the sink as a process of its own
 *   report.ts screen.ts progress.ts   what is shown, and how
 */
import { Command, InvalidArgumentError } from 'commander'
import { StackError } from '../stack/index.ts'
import { runDemo } from './demo.ts'
import { createScreen } from './screen.ts'
import { listenForTheEnd } from './signals.ts'

const EVENTS = 24_500
const EVENTS_PER_SECOND = 2_500
const PROGRESS_EVERY_MS = 2_000

interface Flags {
  readonly keep?: true
  readonly events: number
}

const command = new Command('npm run demo --')
  .description('Starts Kafka and HDFS, moves web events from one to the other, and compares both.')
  .option('--keep', 'leave everything running at the end, until Ctrl-C')
  .option('--events <number>', 'how many events', parseEvents, EVENTS)
  .action(async ({ keep, events }: Flags) => {
    process.exit(await run({ keep: keep === true, events }))
  })

hideWarningsOfKafkajs()
await command.parseAsync()

/** kafkajs sets timers to moments that are over, of which Node warns. */
function hideWarningsOfKafkajs(): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name !== 'TimeoutNegativeWarning') console.error(warning)
  })
}

function parseEvents(text: string): number {
  const events = Number(text)
  if (Number.isSafeInteger(events) && events > 0) return events
  throw new InvalidArgumentError('Write a whole number above 0.')
}

async function run({ keep, events }: { keep: boolean; events: number }): Promise<number> {
  const ending = listenForTheEnd()
  const screen = createScreen({ progressEveryMs: PROGRESS_EVERY_MS })
  const { signal } = ending
  try {
    const isWell = await runDemo({
      ...{ events, eventsPerSecond: EVENTS_PER_SECOND, keep, screen, signal },
    })
    return isWell ? 0 : 1
  } catch (error) {
    if (signal.aborted) return ending.exitCode()
    if (error instanceof StackError) screen.warn(error.message)
    else screen.warn(String(error instanceof Error ? error.stack : error))
    return 1
  }
}
