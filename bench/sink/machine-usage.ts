import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

const TICKS_PER_SECOND = 100
const IDLE = 3
const WAITING_FOR_DISKS = 4

/** How busy the whole machine is: what is as busy as it has cores cannot become faster beside others. */
export class MachineWatch {
  private readonly idleBefore = idleSeconds()
  private readonly startedMs = performance.now()

  /** Since this was made: 2 where two cores never idled. What the host took away counts as busy. */
  coresBusy(): number {
    const seconds = (performance.now() - this.startedMs) / 1000
    return availableParallelism() - (idleSeconds() - this.idleBefore) / seconds
  }
}

/** Of all cores together, since the machine started. Linux only: from /proc. */
function idleSeconds(): number {
  const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/) ?? []
  return (Number(ticks[IDLE]) + Number(ticks[WAITING_FOR_DISKS])) / TICKS_PER_SECOND
}
