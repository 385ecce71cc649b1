/** What is measured: one topic each, read by the sink and by the broker's own consumer in turn. */
export interface Scenario {
  readonly name: string
  /** Of the value; there is no key. */
  readonly recordBytes: number
  readonly records: number
  /** Worker threads of the sink, one measurement for each. */
  readonly workers: readonly (number | 'auto')[]
}

export const PARTITIONS = 3
export const RECORDS_PER_FILE = 50_000
export const UPLOADS_AT_ONCE = 8

/** `scale` 1 takes some minutes; the smaller, the more of it is start-up. */
export function scenarios(scale: number): Scenario[] {
  const times = (records: number): number => Math.max(1, Math.round(records * scale))
  return [
    { name: '100 B', recordBytes: 100, records: times(6_000_000), workers: [1, 'auto'] },
    { name: '1 KB', recordBytes: 1024, records: times(900_000), workers: [1, 'auto'] },
  ]
}
