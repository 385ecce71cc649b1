import path from 'node:path'
import { type Stack, startStack } from '../stack/index.ts'
import { freePort } from '../stack/ports.ts'
import { together } from './cancel.ts'
import { compare } from './compare.ts'
import { explore } from './explore.ts'
import { followSink } from './follow-sink.ts'
import { listFiles, readFile } from './hdfs.ts'
import { createTopic, produceEvents, readTopic } from './kafka.ts'
import { count } from './progress.ts'
import { reportComparison, reportFiles, reportFirstLines } from './report.ts'
import { type DemoOptions, here, type Running } from './running.ts'
import { SinkLog } from './sink-log.ts'
import type { SinkFigures } from './sink-metrics.ts'
import { SinkProcess } from './sink-process.ts'
import { webEvents } from './web-events.ts'

const TOPIC = 'select-color'
const PARTITIONS = 3
const SEED = 20_260_101
/** The sink gives up by itself after 30 s (shutdown.deadlineMs). */
const SINK_STOP_TIMEOUT_MS = 40_000
/** When the demo ends early, all that the sink still writes is thrown away. */
const SINK_HURRIED_STOP_TIMEOUT_MS = 5_000

/**
 * From Kafka to HDFS before the user's eyes. Whatever its end, nothing of it is left.
 * @returns whether each record arrived exactly once, and the sink ended well
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const failure = new AbortController()
  const signal = AbortSignal.any([options.signal, failure.signal])
  const fail = (error: Error) => failure.abort(error)
  try {
    options.screen.step('starting Kafka and HDFS')
    const stack = await startStack({
      signal,
      onProgress: (line) => options.screen.step(line),
      onDaemonEnd: fail,
    })
    try {
      return await onStack(options, stack, signal, fail)
    } finally {
      options.screen.step('stopping Kafka and HDFS, and removing their data')
      await stack.stop()
    }
  } catch (error) {
    // An aborted wait says no more than that: why it was aborted is the reason.
    throw failure.signal.aborted ? failure.signal.reason : error
  }
}

async function onStack(
  options: DemoOptions,
  stack: Stack,
  signal: AbortSignal,
  fail: (error: Error) => void,
): Promise<boolean> {
  const { screen } = options
  const topic = { brokers: stack.brokers, topic: TOPIC }
  await createTopic(topic, PARTITIONS, signal)
  screen.step(`created the topic ${TOPIC} with ${PARTITIONS} partitions`)

  const port = await freePort()
  const sinkLogFile = path.join(stack.directory, 'logs', 'sink.log')
  const sinkUrl = `http://localhost:${port}`
  signal.throwIfAborted()
  const sink = new SinkProcess({
    logFile: sinkLogFile,
    onUnexpectedEnd: fail,
    env: {
      KAFKA_BROKERS: stack.brokers.join(','),
      WEBHDFS_URLS: stack.webhdfsUrls.join(','),
      HDFS_USER: stack.hdfsUser,
      HTTP_PORT: String(port),
    },
  })
  screen.step('started the sink: kafka-hdfs-sink run --config config/sink.yaml')
  screen.step(`its metrics: ${sinkUrl}/metrics`)
  screen.step(`its log: ${here(sinkLogFile)}`)
  const nextEvent = webEvents(SEED)
  const sinkLog = new SinkLog(sinkLogFile)
  const running = { options, stack, topic, sinkUrl, sinkLog, nextEvent, signal }
  try {
    const isWell = await show(running)
    screen.step('stopping the sink (SIGTERM)')
    const exitCode = await sink.stop(SINK_STOP_TIMEOUT_MS)
    if (exitCode !== 0) screen.warn(`the sink ended with exit code ${exitCode} instead of 0`)
    return isWell && exitCode === 0
  } finally {
    if (sink.running) {
      screen.step('stopping the sink')
      await sink.stop(SINK_HURRIED_STOP_TIMEOUT_MS)
    }
  }
}

/** Everything that the user sees between the sink's start and its end. */
async function show(running: Running): Promise<boolean> {
  await moveEvents(running)
  const isWell = await checkResult(running)
  await explore(running)
  return isWell
}

async function moveEvents({ options, topic, nextEvent, ...running }: Running): Promise<void> {
  const { screen, events, eventsPerSecond } = options
  let produced = 0
  const onProduced = (sent: number) => {
    produced = sent
  }
  const follow = { screen, sinkUrl: running.sinkUrl, sinkLog: running.sinkLog }
  screen.step(`producing ${count(events)} web events, ${count(eventsPerSecond)} a second`)
  const figures = await together(
    running.signal,
    (signal) => produceEvents(topic, { nextEvent, events, eventsPerSecond, onProduced, signal }),
    (signal) =>
      followSink({
        ...follow,
        signal,
        produced: () => produced,
        until: ({ committed }) => committed >= events,
      }),
  )
  screen.step(`all are in HDFS, in ${count(figures.files)} files, ${describeTriggers(figures)}`)
}

/** What ended the files, in words: why there are just so many. */
function describeTriggers({ filesByTrigger }: SinkFigures): string {
  const words = new Map([
    ['records', 'record count'],
    ['interval', 'time'],
    ['revoked', 'a rebalance'],
  ])
  const found = [...filesByTrigger]
    .map(([trigger, files]) => `${count(files)} by ${words.get(trigger) ?? trigger}`)
    .join(', ')
  return `ended ${found}`
}

async function checkResult({ options, stack, topic, signal }: Running): Promise<boolean> {
  const { screen } = options
  const hdfs = { url: stack.webhdfsUrls[0] ?? '', user: stack.hdfsUser }
  const files = []
  for (const file of await listFiles(hdfs, '/', signal)) {
    files.push(await readFile(hdfs, file, signal))
  }
  reportFiles(screen, files)
  if (files[0] !== undefined) reportFirstLines(screen, files[0])
  const inKafka = await readTopic(topic, signal)
  const inHdfs = files.flatMap(({ records }) => records)
  return reportComparison(screen, compare(inKafka, inHdfs))
}
