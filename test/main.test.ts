import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import getPort from 'get-port'
import { expect, it, onTestFinished } from 'vitest'

const MAIN = path.join(import.meta.dirname, '../src/main.ts')
const TOPICS = 5_000

/** As a shell: what comes out of the pipe, and the exit code of what is before it. */
function piped(args: string, reader: string): { readonly out: string; readonly code: number } {
  const command = `set -o pipefail; "${process.execPath}" "${MAIN}" ${args} | ${reader}`
  const { stdout, stderr, status } = spawnSync('bash', ['-c', command], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return { out: stdout, code: status ?? -1 }
}

/** Prints more than a pipe takes at once, which is 64 KiB. */
function longOutput(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'main-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = path.join(directory, 'sink.yaml')
  const topics = Array.from({ length: TOPICS }, (_, n) => `a-topic-with-a-long-name-${n}`)
  const hdfs = 'hdfs: { urls: [http://localhost:9870] }'
  writeFileSync(file, `kafka: { brokers: ["b:1"], topics: [${topics.join()}] }\n${hdfs}\n`)
  return `config print --config ${file}`
}

it('what it prints reaches a reader that is slow, all of it', () => {
  const { out, code } = piped(longOutput(), '(sleep 1; cat)')
  expect(code).toBe(0)
  expect(out.match(/a-topic-with-a-long-name-\d+/g)).toHaveLength(TOPICS)
})

it('a reader that has read enough is no error to tell of', () => {
  expect(piped(longOutput(), 'head -c 10').out).toHaveLength(10)
})

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
