import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import getPort from 'get-port'
import { expect, it } from 'vitest'

const MAIN = path.join(import.meta.dirname, '../src/main.ts')

it('a sink that Kafka has not answered yet ends at the first signal, with 0', async () => {
  const nobody = await getPort()
  const settings = [
    `kafka.brokers=localhost:${nobody}`,
    'kafka.topics=t',
    `hdfs.urls=http://localhost:${nobody}`,
    'http.host=127.0.0.1',
    'http.port=0',
  ]
  const flags = settings.flatMap((setting) => ['--set', setting])
  const sink = spawn(process.execPath, [MAIN, 'run', ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(sink, 'exit')
  let signalledMs = 0
  const messages: string[] = []
  for await (const line of createInterface({ input: sink.stderr })) {
    const { msg } = JSON.parse(line) as { msg: string }
    messages.push(msg)
    // It is in the midst of trying again.
    if (signalledMs > 0 || !msg.startsWith('Failed to connect')) continue
    signalledMs = performance.now()
    sink.kill('SIGINT')
  }
  expect(await ended).toEqual([0, null])
  expect(performance.now() - signalledMs).toBeLessThan(2_000)
  expect(messages.at(-1)).toBe('stopped before Kafka was reached')
})
