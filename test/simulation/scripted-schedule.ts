import type { Fate, PortCall, Schedule } from './schedule.ts'

/** Everything works at once, but for what a test has scripted. */
export class ScriptedSchedule implements Schedule {
  /** Operation and subject of each call, as it reached its server. */
  readonly calls: string[] = []
  /** By operation: what becomes of the calls to come, in order. */
  readonly fates = new Map<string, Fate[]>()
  /** For as long as it is set. */
  rule: ((call: PortCall) => Fate | undefined) | undefined
  private readonly waiting: (() => void)[] = []
  private blocked: ((call: PortCall) => boolean) | undefined

  async arrive(call: PortCall): Promise<Fate> {
    if (this.blocked?.(call)) await new Promise<void>((release) => this.waiting.push(release))
    this.calls.push(`${call.op} ${call.subject}`)
    return this.fates.get(call.op)?.shift() ?? this.rule?.(call) ?? 'done'
  }

  async reply(): Promise<void> {}

  /** Calls of this kind do not arrive until `unblock`. */
  block(matches: (call: PortCall) => boolean): void {
    this.blocked = matches
  }

  unblock(): void {
    this.blocked = undefined
    for (const release of this.waiting.splice(0)) release()
  }

  count(op: string): number {
    return this.calls.filter((call) => call.startsWith(`${op} `)).length
  }
}
