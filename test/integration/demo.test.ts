import { existsSync } from 'node:fs'
import path from 'node:path'
import { execa } from 'execa'
import { expect, it, onTestFinished } from 'vitest'
import { descendants, exists } from '../demo/process-tree.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const EVENTS = 3_000
/** The demo, with some records in HDFS and more to come. */
const UNDER_WAY = /in HDFS [1-9]/
const KOREAN_NAME = /"userName":"[가-힣]{3}"/

/** The demo as `npm run demo` starts it, in a process group of its own as in a terminal. */
function startDemo() {
  const demo = execa(process.execPath, ['demo/main.ts', '--events', String(EVENTS)], {
    ...{ cwd: ROOT, stdin: 'ignore', reject: false, detached: true },
    env: { NO_COLOR: '1' },
  })
  const { pid } = demo
  if (pid === undefined) throw new Error('the demo could not be started')
  onTestFinished(() => {
    demo.kill('SIGKILL')
  })
  let progress = ''
  const underWay = new Promise<{ pids: number[]; directory: string }>((resolve) => {
    demo.stderr.on('data', (text) => {
      progress += text
      if (!UNDER_WAY.test(progress)) return
      const directory = path.join(ROOT, /\.stack\/run-\w+/.exec(progress)?.[0] ?? '')
      resolve({ pids: descendants(pid), directory })
    })
  })
  return { demo, pid, underWay }
}

async function expectNothingLeft(started: { pids: number[]; directory: string }): Promise<void> {
  // Kafka, two of HDFS and the sink, each with its guard.
  expect(started.pids.length).toBeGreaterThanOrEqual(8)
  expect(started.directory).toMatch(/run-\w+$/)
  await expect.poll(() => started.pids.filter(exists), { timeout: 10_000 }).toEqual([])
  expect(existsSync(started.directory)).toBe(false)
}

it('the demo moves every event, shows the files and the comparison, and leaves nothing', async () => {
  const { demo, underWay } = startDemo()
  const started = await Promise.race([underWay, demo.then(({ stderr }) => Promise.reject(stderr))])
  expect(existsSync(started.directory)).toBe(true)
  const { stdout, exitCode } = await demo
  expect(stdout).toContain('in Kafka 3,000, in HDFS 3,000\n')
  expect(stdout).toContain('missing 0, doubled 0, different 0, unknown 0\n')
  expect(stdout).toContain('Every record is in HDFS exactly once.\n')
  expect(stdout).toMatch(/^ {2}\d+ files, 3,000 records, [\d,]+ bytes$/m)
  expect(stdout).toMatch(KOREAN_NAME)
  expect(stdout).toMatch(/^ +metrics +http:\/\/localhost:\d+\/metrics$/m)
  expect(exitCode).toBe(0)
  await expectNothingLeft(started)
}, 90_000)

it('Ctrl-C in the middle ends the demo and leaves nothing', async () => {
  const { demo, pid, underWay } = startDemo()
  const started = await Promise.race([underWay, demo.then(({ stderr }) => Promise.reject(stderr))])
  process.kill(-pid, 'SIGINT')
  const { stdout, exitCode } = await demo
  expect(exitCode).toBe(130)
  expect(stdout).not.toContain('compared record by record')
  await expectNothingLeft(started)
}, 90_000)
