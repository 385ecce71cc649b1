import { accessSync, constants } from 'node:fs'
import path from 'node:path'

/** The first of these programs in the order of the PATH. */
export function findOnPath(names: readonly string[], searched = ''): string | undefined {
  const directories = searched.split(path.delimiter).filter((directory) => directory !== '')
  return directories
    .flatMap((directory) => names.map((name) => path.join(directory, name)))
    .find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
