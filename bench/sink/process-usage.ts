import { readFileSync } from 'node:fs'

export interface Usage {
  /** User and system time of the whole process, all of its threads included. */
  readonly cpuSeconds: number
  readonly peakRssMib: number
}

/** `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** What a process has used so far; one that has ended has no memory any more. Linux only: from /proc. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name of the program, in parentheses, may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [utime, stime] = [Number(fields[11]), Number(fields[12])]
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const peakKib = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0)
  return { cpuSeconds: (utime + stime) / TICKS_PER_SECOND, peakRssMib: peakKib / 1024 }
}
