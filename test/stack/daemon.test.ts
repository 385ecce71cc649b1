import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ProcessDaemon } from '../../stack/daemon.ts'
import { DaemonError } from '../../stack/errors.ts'
import { isAlive } from '../../stack/runs.ts'

const OWNER = path.join(import.meta.dirname, '../support/guarded-sleep.ts')

let directory: string
let daemon: ProcessDaemon | undefined
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'stack-daemon-'))
})
afterEach(async () => {
  await daemon?.kill()
  await rm(directory, { recursive: true })
})

interface Options {
  isReady?: () => Promise<boolean>
  startTimeoutMs?: number
  onUnexpectedEnd?: (error: Error) => void
}

/** A shell script as a daemon. It is ready when there is a file "ready", unless told otherwise. */
function shell(script: string, options: Options = {}): ProcessDaemon {
  daemon = new ProcessDaemon({
    name: 'shell',
    command: 'sh',
    args: ['-c', `cd '${directory}'; ${script}`],
    env: process.env,
    logFile: path.join(directory, 'log'),
    isReady: async () => existsSync(path.join(directory, 'ready')),
    startTimeoutMs: 10_000,
    ...options,
  })
  return daemon
}

describe('a daemon', () => {
  it('is started when it is ready, has a process id, and is gone when it was stopped', async () => {
    const daemon = shell('touch ready; exec sleep 60')
    await daemon.start()
    const { pid } = daemon
    expect(pid !== undefined && isAlive(pid)).toBe(true)
    await daemon.stop()
    expect(pid !== undefined && isAlive(pid)).toBe(false)
    expect([daemon.running, daemon.pid]).toEqual([false, undefined])
  })

  it('may end in its own way when it is stopped, and not when it is killed', async () => {
    const daemon = shell(
      'trap "echo saved; exit 0" TERM; touch ready; while :; do sleep 0.05; done',
    )
    const saved = async () => (await readFile(path.join(directory, 'log'), 'utf8')).match(/saved/g)
    await daemon.start()
    await daemon.kill()
    expect(await saved()).toBe(null)
    await rm(path.join(directory, 'ready'))
    await daemon.start()
    await daemon.stop()
    expect(await saved()).toHaveLength(1)
  })

  it('ends although it is paused', async () => {
    const daemon = shell('touch ready; exec sleep 60')
    await daemon.start()
    await daemon.pause()
    await daemon.stop()
    expect(daemon.running).toBe(false)
  })

  it('that ends before it is ready is reported with the end of its log', async () => {
    const failure = shell('echo "no such disk"; exit 3').start()
    await expect(failure).rejects.toThrow(DaemonError)
    await expect(failure).rejects.toThrow(/exit code 3 before it was ready.*\nno such disk$/s)
  })

  it('that is never ready is reported and ended', async () => {
    const daemon = shell('exec sleep 60', { startTimeoutMs: 300 })
    await expect(daemon.start()).rejects.toThrow('was not ready within 300 ms')
    expect(daemon.running).toBe(false)
  })

  it('whose port was taken is told apart', async () => {
    const failure = shell('echo java.net.BindException: Address already in use; exit 1').start()
    await expect(failure).rejects.toMatchObject({ portWasTaken: true })
  })

  it('that ends by itself later is reported, and one that was stopped is not', async () => {
    const ends: string[] = []
    const onUnexpectedEnd = (error: Error) => ends.push(error.message)
    const isReady = async () => true
    const stopped = shell('exec sleep 60', { isReady, onUnexpectedEnd })
    await stopped.start()
    await stopped.stop()
    expect(ends).toEqual([])
    const crashed = shell('until [ -e go ]; do sleep 0.02; done; exit 7', {
      isReady,
      onUnexpectedEnd,
    })
    await crashed.start()
    await writeFile(path.join(directory, 'go'), '')
    await expect.poll(() => ends).toHaveLength(1)
    expect(ends[0]).toContain('shell ended with exit code 7')
  })

  it('does not outlive an owner that is killed', async () => {
    const owner = spawn(process.execPath, [OWNER], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(createInterface({ input: owner.stdout }), 'line')
    const pid = Number(line)
    expect(isAlive(pid)).toBe(true)
    owner.kill('SIGKILL')
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false)
  })
})
