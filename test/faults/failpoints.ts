/*
 * Failpoints: the sink's process stops, dies or is told to end at one step of its protocol. Given to a
 * sink by `node --import`, and so in each of its threads; nothing of this is in src/.
 *
 *   KAFKA_HDFS_SINK_FAILPOINTS="commit:after=kill@2"      step:when=action@pass, and x3: thrice
 *   KAFKA_HDFS_SINK_FAILPOINTS="note"                     every step is logged, and nothing happens
 *
 * - `kill`: SIGKILL to the process        - `exit`: the worker thread ends without a word
 * - `stop`: SIGSTOP to the process        - `term`: SIGTERM to the process
 *
 * A pass is counted in each thread; whichever comes first fires, as often as it may.
 */
import { writeSync } from 'node:fs'
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'
import type { Head } from '../../src/core/journal.ts'
import type { FileSystem } from '../../src/core/ports.ts'
import { JournalStore } from '../../src/sink/journal-store.ts'
import { OffsetCommitter } from '../../src/sink/offset-committer.ts'
import { FAILPOINT_REACHED, type Moment, NOTE_ALL, parseFailpoint, type Step } from './failpoint.ts'

const text = process.env.KAFKA_HDFS_SINK_FAILPOINTS ?? ''
const failpoint = text === NOTE_ALL ? undefined : parseFailpoint(text)

/** Told to every thread of this process: how often it has fired. */
const FIRED = 'failpoint fired'
if (isMainThread) setEnvironmentData(FIRED, new Int32Array(new SharedArrayBuffer(4)))
const fired = getEnvironmentData(FIRED) as Int32Array

const noted = new Set<string>()
let passes = 0

function pass(step: Step, when: Moment): void {
  if (failpoint === undefined) {
    if (!noted.has(`${step}:${when}`)) report(step, when)
    noted.add(`${step}:${when}`)
    return
  }
  if (step !== failpoint.step || when !== failpoint.when) return
  passes += 1
  if (passes !== failpoint.pass || Atomics.add(fired, 0, 1) >= failpoint.times) return
  report(step, when)
  switch (failpoint.action) {
    case 'kill':
      return void process.kill(process.pid, 'SIGKILL')
    case 'stop':
      return void process.kill(process.pid, 'SIGSTOP')
    case 'term':
      return void process.kill(process.pid, 'SIGTERM')
    case 'exit':
      process.exit(1)
  }
}

/** At once: there may be no later. */
function report(step: Step, when: Moment): void {
  writeSync(2, `${JSON.stringify({ level: 'info', msg: FAILPOINT_REACHED, step, when })}\n`)
}

type AsyncMethod = (...args: never[]) => Promise<unknown>

/** `stepOf` names the step from the arguments of a call; undefined: none. */
function watch(
  target: object,
  method: string,
  stepOf: (...args: never[]) => Step | undefined,
): void {
  const original: AsyncMethod = Reflect.get(target, method)
  if (typeof original !== 'function') throw new Error(`expected a method ${method}: look at src/`)
  const watched = async function (this: unknown, ...args: never[]): Promise<unknown> {
    const step = stepOf(...args)
    if (step === undefined) return await original.apply(this, args)
    pass(step, 'before')
    const result = await original.apply(this, args)
    pass(step, 'after')
    return result
  }
  Reflect.set(target, method, watched)
}

const store = JournalStore.prototype
watch(store, 'find', () => 'find')
watch(store, 'create', () => 'genesis')
watch(store, 'settle', () => 'settle')
watch(store, 'prepare', () => 'prepare')
watch(store, 'moveToken', (...[, from, to]: [string, Head, Head]) =>
  from.end === to.end && from.flush === to.flush ? 'claim' : 'commit',
)
watch(OffsetCommitter.prototype, 'sendNewest', () => 'tell-kafka')

// Of one call to HDFS each, so that `after` means: one of several files.
const watchedSystems = new WeakSet<FileSystem>()
const find = store.find
store.find = function (this: JournalStore, base) {
  const { fs } = (this as unknown as { options: { fs: FileSystem } }).options
  if (!watchedSystems.has(fs)) {
    watchedSystems.add(fs)
    watch(fs, 'upload', () => 'upload')
    watch(fs, 'concat', () => 'join')
    watch(fs, 'setXattr', (...[, name]: [string, string]) =>
      name === 'sink.stamp' ? 'stamp' : undefined,
    )
    watch(fs, 'rename', (...[from]: [string]) => (from.endsWith('.tmp') ? 'publish' : undefined))
  }
  return find.call(this, base)
}
