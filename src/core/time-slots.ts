/** The parts of a record's time that a path may name. */
export type TimeField = 'yyyy' | 'MM' | 'dd' | 'HH' | 'mm'

export type TimeValues = Readonly<Record<TimeField, string>>

/** A stretch of time, [startMs, endMs), in which all the fields that are used keep their values. */
export interface TimeSlot {
  readonly startMs: number
  readonly endMs: number
  readonly values: TimeValues
  /** The used fields, joined: equal for two slots that no path can tell apart. */
  readonly bucket: string
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** From here on every timestamp counts as this one, so that a year always has four digits. */
const LATEST_MS = Date.UTC(9999, 11, 31)
/** Enough for streams of several clocks at once; a miss costs some microseconds. */
const REMEMBERED_SLOTS = 16

/**
 * Finds the slot of a timestamp in a time zone. Timestamps below 0 (Kafka's -1 stands for "none")
 * are taken as the start of 1970 in the zone's own time.
 */
export class TimeSlots {
  readonly #fields: readonly TimeField[]
  readonly #sizesMs: readonly number[]
  readonly #offsetMsAt: (timestampMs: number) => number
  #remembered: TimeSlot[] = []

  constructor(timeZone: string, fields: readonly TimeField[]) {
    this.#fields = fields
    const finestMs = fields.includes('mm') ? MINUTE_MS : fields.includes('HH') ? HOUR_MS : DAY_MS
    this.#sizesMs = [DAY_MS, HOUR_MS, MINUTE_MS].filter((size) => size <= finestMs)
    this.#offsetMsAt = offsetReader(timeZone)
  }

  at(timestampMs: number): TimeSlot {
    const known = this.#remembered.find(
      (slot) => timestampMs >= slot.startMs && timestampMs < slot.endMs,
    )
    if (known) return known
    const slot = this.#find(timestampMs)
    this.#remembered = [slot, ...this.#remembered.slice(0, REMEMBERED_SLOTS - 1)]
    return slot
  }

  #find(timestampMs: number): TimeSlot {
    if (!(timestampMs >= 0)) return this.#slot(Number.NEGATIVE_INFINITY, 0, 0)
    if (timestampMs >= LATEST_MS) {
      const localMs = LATEST_MS + this.#offsetMsAt(LATEST_MS)
      return this.#slot(LATEST_MS, Number.POSITIVE_INFINITY, localMs)
    }
    const offsetMs = this.#offsetMsAt(timestampMs)
    const localMs = timestampMs + offsetMs
    for (const sizeMs of this.#sizesMs) {
      const startMs = Math.floor(localMs / sizeMs) * sizeMs - offsetMs
      const endMs = startMs + sizeMs
      // A slot is good only if the clocks were not changed inside it; else a smaller one is tried.
      if (this.#offsetMsAt(startMs) === offsetMs && this.#offsetMsAt(endMs - 1) === offsetMs) {
        return this.#slot(Math.max(startMs, 0), Math.min(endMs, LATEST_MS), localMs)
      }
    }
    return this.#slot(timestampMs, timestampMs + 1, localMs)
  }

  #slot(startMs: number, endMs: number, localMs: number): TimeSlot {
    const local = new Date(localMs)
    const values: TimeValues = {
      yyyy: padded(local.getUTCFullYear(), 4),
      MM: padded(local.getUTCMonth() + 1, 2),
      dd: padded(local.getUTCDate(), 2),
      HH: padded(local.getUTCHours(), 2),
      mm: padded(local.getUTCMinutes(), 2),
    }
    const bucket = this.#fields.map((field) => values[field]).join('-')
    return { startMs, endMs, values, bucket }
  }
}

/** How far the zone's clocks are ahead of UTC at a moment, in milliseconds. */
function offsetReader(timeZone: string): (timestampMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  if (format.resolvedOptions().timeZone === 'UTC') return () => 0
  return (timestampMs) => {
    const wholeSecondMs = Math.floor(timestampMs / 1000) * 1000
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
    for (const { type, value } of format.formatToParts(wholeSecondMs)) part[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
    return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSecondMs
  }
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0')
}
