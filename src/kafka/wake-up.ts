/** A sleep that somebody else can end. */
export class WakeUp {
  private readonly sleepers = new Set<() => void>()

  wait(maxWaitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.sleepers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, maxWaitMs)
      this.sleepers.add(wake)
    })
  }

  ring(): void {
    for (const wake of [...this.sleepers]) wake()
  }
}
