import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import getPort from 'get-port'
import { COMPILE_CACHE } from './compile-cache.ts'

/* A sink in a process of its own, without any daemon: it serves its pages and waits for Kafka. */

const ROOT = path.join(import.meta.dirname, '../..')
const TIMEOUT_MS = 20_000

export interface WaitingSink {
  readonly port: number
  readonly url: string
  /** By SIGTERM; resolves with what it wrote, to standard output and to standard error. */
  stop(): Promise<readonly string[]>
}

/** With a configuration that is complete and leads nowhere; `environment` counts before it. */
export async function startWaitingSink(
  environment: Readonly<Record<string, string>> = {},
): Promise<WaitingSink> {
  const [nobody, port] = [await getPort(), await getPort()]
  const { child, output } = startMain(['run'], {
    SINK_HTTP__HOST: '127.0.0.1',
    SINK_HTTP__PORT: String(port),
    SINK_KAFKA__BROKERS: `localhost:${nobody}`,
    SINK_KAFKA__TOPICS: 't',
    SINK_HDFS__URLS: `http://localhost:${nobody}`,
    ...environment,
  })
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (data: Buffer) => {
      if (data.toString().includes('Failed to connect')) resolve()
    })
    child.once('close', () => reject(new Error('it ended before it had asked for Kafka')))
  })
  const stop = () => {
    child.kill('SIGTERM')
    return output
  }
  return { port, url: `http://127.0.0.1:${port}`, stop }
}

/** What a command writes, to standard output and to standard error. */
export function outputOf(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  return startMain(args, environment).output
}

function startMain(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['src/main.ts', ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...COMPILE_CACHE, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  })
  const ended = once(child, 'close')
  const output = Promise.all([text(child.stdout), text(child.stderr), ended])
  return { child, output: output.then(([out, err]) => [out, err]) }
}
