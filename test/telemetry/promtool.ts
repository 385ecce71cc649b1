import { execFileSync } from 'node:child_process'
import { findOnPath } from '../support/executables.ts'

/*
 * promtool comes with Prometheus and from no package registry that npm ci could ask. Where it is not
 * on PATH, what only it can check is reported as not checked; `npm run check:alerts` then fails.
 */

export const promtool = findOnPath(['promtool'], process.env.PATH)

/** What a run without promtool leaves open. */
export const notChecked =
  'NOT CHECKED, because promtool (of Prometheus, 2.42 or newer) is not on PATH: that the alerts fire ' +
  'when they should, and that promtool likes the metrics. npm run check:alerts demands it.'

if (promtool === undefined) {
  if (process.env.REQUIRE_PROMTOOL === '1') throw new Error(notChecked)
  console.warn(notChecked)
}

/** Its output; throws an error that has it, when promtool finds fault. */
export function runPromtool(args: readonly string[], options: { cwd?: string; input?: string }) {
  if (promtool === undefined) throw new Error('promtool is not on PATH')
  return execFileSync(promtool, args, { ...options, encoding: 'utf8', timeout: 60_000 })
}
