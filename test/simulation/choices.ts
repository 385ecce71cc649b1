import { type Random, seededRandom } from './random.ts'

/**
 * All that is decided by chance in a run, step by step: drawn from a seed and written down, or taken
 * from what was written down, perhaps made shorter since. Where nothing is written the choice is 0,
 * which always stands for the plainest way: the oldest call, done, nothing special.
 */
export class Choices implements Random {
  /** The numbers that were chosen in each step. */
  readonly steps: number[][] = []
  private draw: (below: number) => number
  private present: number[] = []

  private constructor(draw: (step: number, place: number, below: number) => number) {
    this.draw = (below) => draw(this.steps.length - 1, this.present.length, below)
    this.nextStep()
  }

  static seeded(seed: number): Choices {
    const random = seededRandom(seed)
    return new Choices((_step, _place, below) => random.int(below))
  }

  static recorded(steps: readonly (readonly number[])[]): Choices {
    return new Choices((step, place, below) => {
      const chosen = steps[step]?.[place] ?? 0
      return chosen < below ? chosen : 0
    })
  }

  nextStep(): void {
    this.present = []
    this.steps.push(this.present)
  }

  /** From here on nothing is left to chance, nor written down. */
  end(): void {
    this.draw = () => 0
    this.present = []
  }

  int(below: number): number {
    const chosen = below <= 1 ? 0 : this.draw(below)
    this.present.push(chosen)
    return chosen
  }

  chance(probability: number): boolean {
    if (probability <= 0) return false
    if (probability >= 1) return true
    return this.int(10_000) > 10_000 * (1 - probability)
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.int(from.length)]
    if (picked === undefined) throw new RangeError('nothing to pick from')
    return picked
  }

  /** An index of `weights`, each as often as its weight; 0 is the first. */
  weighted(weights: readonly number[]): number {
    let left = this.int(weights.reduce((sum, weight) => sum + weight, 0))
    for (const [index, weight] of weights.entries()) {
      if (left < weight) return index
      left -= weight
    }
    return 0
  }
}
