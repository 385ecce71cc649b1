import { once } from 'node:events'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, it } from 'vitest'
import { repository } from '../conformance/source-files.ts'

/* demo/produce.ts as a process: what docker-compose.yml runs. Its events are those of the demo. */

function produce(env: Record<string, string>) {
  const script = join(repository, 'demo/produce.ts')
  return execa(process.execPath, [script], { env, reject: false, timeout: 20_000 })
}

describe('the producer', () => {
  it('refuses a pace that is none', async () => {
    const { exitCode, stderr } = await produce({ EVENTS_PER_SECOND: 'many' })
    expect(exitCode).toBe(2)
    expect(stderr).toBe('EVENTS_PER_SECOND: expected a number from 1 to 100000, found many')
  })

  it('ends well when it is told to, although Kafka does not answer', async () => {
    const producing = produce({ KAFKA_BROKERS: '127.0.0.1:1', EVENTS_PER_SECOND: '7', TOPIC: 't' })
    await once(producing.stderr, 'data')
    producing.kill('SIGTERM')
    const { exitCode, stderr } = await producing
    expect(stderr).toContain('sending 7 events a second to t at 127.0.0.1:1')
    expect(exitCode).toBe(0)
  })
})
