import fc from 'fast-check'
import type { TestHeader, TestRecord } from './records.ts'

/** A record with nothing left out. */
export type WholeRecord = Required<TestRecord>

const bytes = (maxLength: number) =>
  fc
    .oneof(
      { weight: 3, arbitrary: fc.uint8Array({ maxLength }) },
      { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength }) },
      // Mostly bytes that some format has to escape.
      {
        weight: 1,
        arbitrary: fc.array(fc.constantFrom(...'\n\r\\"\t\u0000\u001f a'), { maxLength }),
      },
    )
    .map((made) => Buffer.from(Array.isArray(made) ? made.join('') : made))

const header: fc.Arbitrary<TestHeader> = fc.record({
  key: bytes(12),
  value: fc.option(bytes(20)),
})

const content = fc.record({
  gap: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 100_000 })),
  timestampMs: fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
    fc.integer({ min: -1, max: 2 ** 47 }),
  ),
  key: fc.option(bytes(40)),
  value: fc.option(fc.oneof({ weight: 5, arbitrary: bytes(200) }, bytes(20_000))),
  headers: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(header, { maxLength: 4 })),
})

/** Records of one batch, in order, with gaps between their offsets as compaction leaves them. */
export const arbitraryRecords: fc.Arbitrary<WholeRecord[]> = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 52 }), fc.array(content, { maxLength: 40 }))
  .map(([baseOffset, contents]) => {
    let next = baseOffset
    return contents.map(({ gap, ...rest }, index) => {
      next += index === 0 ? 0 : gap
      return { offset: next, ...rest }
    })
  })
