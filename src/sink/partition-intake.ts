import { SinkError } from '../core/errors.ts'
import type { FetchedRecords } from '../core/record-batch.ts'
import type { RecordCursor } from '../core/record-cursor.ts'
import type { RotationPolicy } from '../core/rotation.ts'
import type { OpenFiles } from './open-files.ts'

export interface Taken {
  /** Next offset to read. */
  readonly position: number
  readonly records: number
  /** Why the record at `position` could not be taken. */
  readonly refused: SinkError | undefined
}

/** From fetched bytes to open files: the only loop that runs once per record. */
export class PartitionIntake {
  private readonly files: OpenFiles
  private readonly cursor: RecordCursor
  private readonly limits: RotationPolicy

  constructor(files: OpenFiles, cursor: RecordCursor, limits: RotationPolicy) {
    this.files = files
    this.cursor = cursor
    this.limits = limits
  }

  /**
   * Encodes the records from `position` on. `full` is called with the next offset whenever the open
   * files have reached a limit, and seals them; `grown` after each batch.
   */
  take(
    fetched: FetchedRecords,
    position: number,
    full: (next: number) => void,
    grown: (next: number) => void = () => {},
  ): Taken {
    const { cursor, files } = this
    let next = position
    let records = 0
    try {
      for (const batch of fetched.batches()) {
        if (batch.lastOffset < next) continue
        cursor.reset(batch)
        while (cursor.next()) {
          if (cursor.offset < next) continue
          files.append(cursor)
          next = cursor.offset + 1
          records += 1
          if (this.isFull()) full(next)
        }
        next = Math.max(next, batch.lastOffset + 1)
        grown(next)
      }
    } catch (error) {
      if (!(error instanceof SinkError)) throw error
      return { position: next, records, refused: error }
    } finally {
      cursor.release()
    }
    return { position: Math.max(next, fetched.nextOffset), records, refused: undefined }
  }

  private isFull(): boolean {
    const { files, limits } = this
    return (
      files.records >= limits.records ||
      files.fileBytes >= limits.bytes ||
      files.count >= limits.openFiles
    )
  }
}
