import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type TimeField, TimeSlots } from '../../src/core/time-slots.ts'

const FIELDS: readonly TimeField[] = ['yyyy', 'MM', 'dd', 'HH', 'mm']
const DAYS: readonly TimeField[] = ['yyyy', 'MM', 'dd']
// Half hours, quarters, both hemispheres, and two whose offsets once were no multiple of 15 minutes.
const ZONES = [
  'UTC',
  'Asia/Seoul',
  'America/New_York',
  'Europe/London',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/St_Johns',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Africa/Monrovia',
]

/** The same by another way: text of another locale, not cached. */
function expected(timeZone: string, fields: readonly TimeField[], timestampMs: number): string {
  const text = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'short',
  }).format(timestampMs)
  const [yyyy = '', MM = '', dd = '', HH = '', mm = ''] = text.split(/[-: ]/)
  const values = { yyyy, MM, dd, HH, mm }
  return fields.map((field) => values[field]).join('-')
}

describe('a time slot', () => {
  it('has the local time of every timestamp, however they are ordered', () => {
    const nearTransitions = fc
      .tuple(
        fc.constantFrom(
          Date.UTC(2024, 2, 10, 7),
          Date.UTC(2024, 10, 3, 6),
          Date.UTC(2024, 3, 6, 15),
          Date.UTC(1972, 0, 7, 0, 44, 30),
          Date.UTC(1979, 9, 1, 10, 40),
          Date.UTC(2011, 11, 30, 10),
        ),
        fc.integer({ min: -5_400_000, max: 5_400_000 }),
      )
      .map(([transition, apart]) => transition + apart)
    const timestamp = fc.oneof(nearTransitions, fc.integer({ min: 0, max: 4_102_444_800_000 }))
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.constantFrom(FIELDS, DAYS, ['HH'] as const),
        fc.array(timestamp, { minLength: 1, maxLength: 30 }),
        (zone, fields, timestamps) => {
          const slots = new TimeSlots(zone, fields)
          for (const timestampMs of timestamps) {
            const slot = slots.at(timestampMs)
            expect(slot.bucket).toBe(expected(zone, fields, timestampMs))
            expect(slot.startMs).toBeLessThanOrEqual(timestampMs)
            expect(slot.endMs).toBeGreaterThan(timestampMs)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('keeps its values until its last millisecond', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: 0, max: 4_102_444_800_000 }),
        (zone, timestampMs) => {
          const slot = new TimeSlots(zone, FIELDS).at(timestampMs)
          expect(expected(zone, FIELDS, slot.startMs)).toBe(slot.bucket)
          expect(expected(zone, FIELDS, slot.endMs - 1)).toBe(slot.bucket)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('is as long as its finest field allows', () => {
    const lengthMs = (fields: readonly TimeField[]) => {
      const { startMs, endMs } = new TimeSlots('Asia/Seoul', fields).at(Date.UTC(2024, 5, 1))
      return endMs - startMs
    }
    expect(lengthMs(['dd'])).toBe(86_400_000)
    expect(lengthMs(['dd', 'HH'])).toBe(3_600_000)
    expect(lengthMs(['mm'])).toBe(60_000)
  })

  it('never has a year of five digits', () => {
    const slots = new TimeSlots('Pacific/Kiritimati', FIELDS)
    // Microseconds where milliseconds were meant.
    expect(slots.at(1_700_000_000_000_000).values.yyyy).toBe('9999')
    expect(slots.at(Number.MAX_SAFE_INTEGER).bucket).toBe(slots.at(2 ** 63).bucket)
  })
})
