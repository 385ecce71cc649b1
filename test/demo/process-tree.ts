import { execFileSync } from 'node:child_process'

/** Process ids of all that `root` started, and of all that those started. */
export function descendants(root: number): number[] {
  const table = execFileSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' })
  const children = Map.groupBy(
    table
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number)),
    ([, parent]) => parent,
  )
  const below = (pid: number): number[] =>
    (children.get(pid) ?? []).flatMap(([child = 0]) => [child, ...below(child)])
  return below(root)
}

/** Whether there is a process of this id; also a dead one that nobody has buried yet. */
export function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
