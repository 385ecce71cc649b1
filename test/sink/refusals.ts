import { vi } from 'vitest'
import { PermissionDeniedError, QuotaExceededError } from '../../src/hdfs/errors.ts'
import { failed } from '../simulation/sim-hdfs-errors.ts'
import type { OneProcess } from './one-process.ts'

/** HDFS refuses these renames by their destination, for as long as it says so. */
export function refuseRenames(sink: OneProcess, refused: (to: string) => boolean): void {
  const { fs } = sink.context
  const rename = fs.rename.bind(fs)
  vi.spyOn(fs, 'rename').mockImplementation(async (from, to, call) => {
    if (refused(to)) throw new PermissionDeniedError(failed('RENAME', to, 'permission denied'))
    return rename(from, to, call)
  })
}

/** HDFS makes none of these directories. */
export function refuseDirectories(sink: OneProcess, refused: (path: string) => boolean): void {
  const { fs } = sink.context
  const makeDirectory = fs.makeDirectory.bind(fs)
  vi.spyOn(fs, 'makeDirectory').mockImplementation(async (path, call) => {
    if (refused(path)) throw new PermissionDeniedError(failed('MKDIRS', path, 'permission denied'))
    return makeDirectory(path, call)
  })
}

/** A quota below these paths is used up: as on a DataNode, an empty file stays. */
export function refuseUploads(sink: OneProcess, refused: (path: string) => boolean): void {
  const { fs } = sink.context
  const upload = fs.upload.bind(fs)
  vi.spyOn(fs, 'upload').mockImplementation(async (path, chunks, call) => {
    if (!refused(path)) return upload(path, chunks, call)
    await upload(path, [], call)
    throw new QuotaExceededError(failed('CREATE', path, 'quota exceeded'))
  })
}
