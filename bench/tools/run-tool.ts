import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { MachineWatch } from '../sink/machine-usage.ts'

/** What every tool prints as one line of JSON. */
export interface ToolReport {
  /** Of the work alone, without the start of the process. */
  readonly seconds: number
  readonly cpuSeconds: number
  /** Of the whole machine, meanwhile. */
  readonly coresBusy: number
  /** Unix time. */
  readonly startedMs: number
  readonly endedMs: number
}

export type ToolName = 'raw-fetch' | 'raw-upload' | 'raw-flush' | 'codec-cost' | 'codec-loop'

const TIMEOUT_MS = 1_800_000

/** Runs one of these tools as a process of its own, so that its CPU time is its own. */
export async function runBenchTool(
  name: ToolName,
  args: readonly (string | number)[],
): Promise<ToolReport> {
  return (await runForJson(name, args)) as ToolReport
}

/** The same for a tool that prints a report of another shape. */
export async function runForJson(
  name: ToolName,
  args: readonly (string | number)[],
): Promise<unknown> {
  const script = path.join(import.meta.dirname, `${name}.ts`)
  const command = [script, ...args.map(String)]
  const { stdout } = await promisify(execFile)(process.execPath, command, { timeout: TIMEOUT_MS })
  return JSON.parse(stdout)
}

/** In the tool: measures the work and prints the report. */
export async function reportWork(work: () => Promise<void>): Promise<void> {
  const cpuBefore = process.cpuUsage()
  const machine = new MachineWatch()
  const startedMs = performance.timeOrigin + performance.now()
  await work()
  const endedMs = performance.timeOrigin + performance.now()
  const { user, system } = process.cpuUsage(cpuBefore)
  const report: ToolReport = {
    seconds: (endedMs - startedMs) / 1000,
    cpuSeconds: (user + system) / 1e6,
    coresBusy: machine.coresBusy(),
    startedMs,
    endedMs,
  }
  console.log(JSON.stringify(report))
}
