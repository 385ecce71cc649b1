import { expect } from 'vitest'
import type { StackInfo } from '../../stack/index.ts'
import { followAdvice } from './advice.ts'
import { journalsAreAtEnd } from './checker-journal.ts'
import type { CommandResult } from './sink-command.ts'
import { type Exit, type LogLine, SinkProcess } from './sink-process.ts'
import type { SinkSettings } from './sink-process-settings.ts'
import { stackInfo } from './stack.ts'

/*
 * What many tests do with a sink.
 */

/** What it exits with when it was stopped in good order. */
export const CLEAN: Exit = { code: 0, signal: null }

/** Every record is committed in the journals, whoever did it. */
export async function caughtUp(
  sink: SinkProcess,
  settings: SinkSettings,
  stack: StackInfo = stackInfo(),
): Promise<void> {
  await sink.eventually('caught up', () => journalsAreAtEnd(stack, settings))
}

/** Runs a sink until it has written all there is. */
export async function runToTheEnd(
  settings: SinkSettings,
  stack: StackInfo = stackInfo(),
): Promise<void> {
  const sink = await SinkProcess.start(stack, settings)
  await caughtUp(sink, settings, stack)
  expect(await sink.stop()).toEqual(CLEAN)
}

/** Exactly one partition stops, loudly. */
export async function awaitStop(
  sink: SinkProcess,
  partition: number,
  reason: string,
): Promise<LogLine> {
  const stop = await sink.awaitLog('partition stopped', ({ msg }) => /^partition stopped/.test(msg))
  expect(stop).toMatchObject({ level: 'error', partition, reason })
  const isCounted = async () => (await sink.metric('stopped_partitions')) === 1
  await sink.eventually('counted as stopped', isCounted)
  return stop
}

/** What a message tells its reader to run, to the letter; where it names several, one of them. */
export async function runAdvice(
  stop: LogLine,
  settings: SinkSettings,
  { choice = 0, stack = stackInfo() } = {},
): Promise<CommandResult> {
  return await followAdvice(stack, stop, settings, choice)
}
