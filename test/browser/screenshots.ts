/*
 * Writes the pictures of docs/images: a real Kafka and HDFS, a sink between them, and the page as
 * Chromium shows it. `npm run docs:screenshots`, some four minutes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { produceEvents } from '../../demo/kafka.ts'
import { webEvents } from '../../demo/web-events.ts'
import { startStack } from '../../stack/index.ts'
import { Ledger } from '../support/ledger.ts'
import { endAll } from '../support/scope.ts'
import { SinkProcess } from '../support/sink-process.ts'
import { newSettings } from '../support/sink-process-settings.ts'
import { startChromium } from './chromium.ts'

const TOPIC = 'select-color'
const PARTITIONS = 6
/** Records per second, for so many seconds each. */
const PACES = [600, 1_400, 2_500, 1_000, 1_800, 700] as const
const PACE_MS = Number(process.env.PACE_MS ?? 25_000)
const STOP_MS = 3_000
const OUTAGE_MS = 18_000
const WIDE = { width: 1280, height: 960 }
const PHONE = { width: 390, height: 1100 }

const stopping = new AbortController()
const stack = await startStack({ onProgress: (line) => console.error(line) })
const browser = await startChromium()
try {
  const ledger = await Ledger.open(stack.info, TOPIC, PARTITIONS)
  const sink = await SinkProcess.start(stack.info, {
    ...newSettings('pictures', { topic: TOPIC, group: 'archive', root: '/kafka' }),
    flush: { records: 5_000, intervalMs: 10_000 },
    hdfs: {
      requestTimeoutMs: 2_000,
      path: '{topic}/dt={yyyy}-{MM}-{dd}/{partition}-{startOffset}-{endOffset}.{extension}',
    },
  })
  const { url } = await sink.awaitMessage('metrics and health are served')
  await produce()
  await picture(browser, String(url), 'status-light', { colorScheme: 'light', viewport: WIDE })
  await picture(browser, String(url), 'status-dark', { colorScheme: 'dark', viewport: WIDE })
  await trouble(String(url), ledger)
  await sink.stop()
} finally {
  stopping.abort()
  await endAll()
  await browser.close()
  await stack.stop()
}

async function produce(): Promise<void> {
  const nextEvent = webEvents(7)
  for (const eventsPerSecond of PACES) {
    const enough = AbortSignal.any([stopping.signal, AbortSignal.timeout(PACE_MS)])
    const endless = { nextEvent, events: Number.POSITIVE_INFINITY, eventsPerSecond }
    const production = { ...endless, onProduced: () => undefined, signal: enough }
    await produceEvents({ brokers: stack.brokers, topic: TOPIC }, production).catch((error) => {
      if (!enough.aborted) throw error
    })
  }
}

/** One record that may not be written, and then a NameNode that does not answer. */
async function trouble(url: string, ledger: Ledger): Promise<void> {
  await ledger.send(3, ['a line\nand another'])
  // Its partition is flushed first, and then stopped.
  await sleep(STOP_MS)
  await stack.nameNode.pause()
  await ledger.produce(600)
  await sleep(OUTAGE_MS)
  await picture(browser, url, 'status-trouble', { colorScheme: 'light', viewport: WIDE })
  await picture(browser, url, 'status-phone', { colorScheme: 'dark', viewport: PHONE })
  await stack.nameNode.resume()
}

async function picture(
  from: Browser,
  url: string,
  name: string,
  options: BrowserContextOptions,
): Promise<void> {
  const page = await from.newPage(options)
  await page.goto(url)
  await page.getByText('Live, every').waitFor()
  await page.screenshot({ path: `docs/images/${name}.png` })
  await page.close()
  console.error(`docs/images/${name}.png`)
}
