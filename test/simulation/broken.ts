/** What can be wrong with a run; a shrunk schedule must fail in the same way. */
export type Problem =
  | 'twice'
  | 'disorder'
  | 'unknown-record'
  | 'cut'
  | 'changed'
  | 'disappeared'
  | 'told-early'
  | 'memory'
  | 'stopped'
  | 'bad-advice'
  | 'fatal'
  | 'missing'
  | 'stuck'

/** A promise was broken. */
export class BrokenPromiseError extends Error {
  readonly problem: Problem
  constructor(problem: Problem, text: string) {
    super(text)
    this.name = 'BrokenPromiseError'
    this.problem = problem
  }
}
