import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseOwned } from '../../src/kafka/sticky-assigner.ts'
import {
  type Assignment,
  assignSticky,
  type MemberClaim,
} from '../../src/kafka/sticky-assignment.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e']

const topicsArbitrary = fc
  .dictionary(fc.constantFrom('t', 'u', 'v'), fc.nat(20), { minKeys: 1 })
  .map((counts) => new Map(Object.entries(counts).map(([topic, n]) => [topic, range(n)])))

/** Claims of all kinds: overlapping, of partitions that are gone, of old generations. */
const claimsArbitrary = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 }).chain((ids) =>
  fc.tuple(
    ...ids.map((memberId) =>
      fc.record({
        memberId: fc.constant(memberId),
        topics: fc.constant(['t', 'u', 'v']),
        generation: fc.integer({ min: -1, max: 5 }),
        owned: fc
          .dictionary(fc.constantFrom('t', 'u', 'w'), fc.array(fc.nat(25)))
          .map((owned) => new Map(Object.entries(owned))),
      }),
    ),
  ),
)

test('every partition has exactly one owner', () => {
  fc.assert(
    fc.property(topicsArbitrary, claimsArbitrary, (topics, claims) => {
      const assignment = assignSticky(topics, claims)
      for (const [topic, partitions] of topics) {
        const dealt = [...assignment.values()].flatMap((mine) => mine.get(topic) ?? [])
        expect(dealt.sort(ascending)).toEqual(partitions)
      }
      expect([...assignment.keys()].sort()).toEqual(claims.map(({ memberId }) => memberId).sort())
    }),
  )
})

test('nobody has more than one partition more than another, of each topic and of all', () => {
  fc.assert(
    fc.property(topicsArbitrary, claimsArbitrary, (topics, claims) => {
      const assignment = assignSticky(topics, claims)
      const counts = [[...topics.keys()], ...[...topics.keys()].map((topic) => [topic])].map(
        (some) =>
          [...assignment.values()].map(
            (mine) => some.flatMap((topic) => mine.get(topic) ?? []).length,
          ),
      )
      for (const each of counts) {
        expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1)
      }
    }),
  )
})

test('when nothing changes, nothing moves', () => {
  fc.assert(
    fc.property(topicsArbitrary, claimsArbitrary, (topics, claims) => {
      const before = assignSticky(topics, claims)
      expect(assignSticky(topics, claimsOf(before, 7))).toEqual(before)
    }),
  )
})

test('of one topic only so many partitions move as balance demands', () => {
  fc.assert(
    fc.property(
      fc.nat(40),
      claimsArbitrary,
      fc.subarray(NAMES, { minLength: 1 }),
      (count, claims, next) => {
        const topics = new Map([['t', range(count)]])
        const before = assignSticky(topics, claims)
        const stay = claimsOf(before, 3).filter(({ memberId }) => next.includes(memberId))
        const joining = next
          .filter((memberId) => !before.has(memberId))
          .map((memberId) => ({ memberId, topics: ['t'], generation: -1, owned: new Map() }))
        const after = assignSticky(topics, [...stay, ...joining])

        const held = stay.map(({ owned }) => owned.get('t')?.length ?? 0).sort((a, b) => b - a)
        const share = Math.floor(count / next.length)
        const extra = count % next.length
        const best = held.reduce(
          (sum, n, rank) => sum + Math.min(n, share + (rank < extra ? 1 : 0)),
          0,
        )
        const kept = stay.flatMap(({ memberId, owned }) => {
          const mine = after.get(memberId)!.get('t') ?? []
          return (owned.get('t') ?? []).filter((partition) => mine.includes(partition))
        })
        expect(kept).toHaveLength(best)
      },
    ),
  )
})

test('the order of members and topics does not matter: any leader decides the same', () => {
  fc.assert(
    fc.property(topicsArbitrary, claimsArbitrary, (topics, claims) => {
      const reversed = new Map([...topics].reverse())
      expect(assignSticky(reversed, [...claims].reverse())).toEqual(assignSticky(topics, claims))
    }),
  )
})

test('of two who claim the same partition the later generation is right', () => {
  const claim = (memberId: string, generation: number) => {
    return { memberId, topics: ['t'], generation, owned: new Map([['t', [0, 1]]]) }
  }
  const assignment = assignSticky(new Map([['t', [0, 1, 2, 3]]]), [claim('a', 4), claim('b', 9)])
  expect(assignment.get('b')!.get('t')).toEqual([0, 1])
  expect(assignment.get('a')!.get('t')).toEqual([2, 3])
})

test('a topic goes to those who subscribed to it', () => {
  const member = (memberId: string, topics: string[]) => {
    return { memberId, topics, generation: -1, owned: new Map() }
  }
  const topics = new Map([
    ['new', [0, 1]],
    ['old', [0, 1]],
    ['nobody', [0]],
  ])
  const assignment = assignSticky(topics, [member('a', ['old']), member('b', ['old', 'new'])])
  expect(assignment.get('b')!.get('new')).toEqual([0, 1])
  expect(assignment.get('a')!.has('new')).toBe(false)
  expect([...assignment.values()].some((mine) => mine.has('nobody'))).toBe(false)
})

test.for(['', 'no json', '{}', '[]', 'null', '{"generation":1}', '{"generation":1.5,"owned":{}}'])(
  'a claim that cannot be read is no claim: %s',
  (text) => {
    expect(parseOwned(Buffer.from(text))).toEqual({ generation: -1, owned: new Map() })
  },
)

test('of a claim the parts that make sense count', () => {
  const text = '{"generation":3,"owned":{"t":[1,2],"u":"all","v":["x"]}}'
  expect(parseOwned(Buffer.from(text))).toEqual({ generation: 3, owned: new Map([['t', [1, 2]]]) })
  expect(parseOwned(null)).toEqual({ generation: -1, owned: new Map() })
})

function claimsOf(assignment: Assignment, generation: number): MemberClaim[] {
  return [...assignment].map(([memberId, owned]) => {
    return { memberId, topics: ['t', 'u', 'v'], generation, owned }
  })
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function ascending(a: number, b: number): number {
  return a - b
}
