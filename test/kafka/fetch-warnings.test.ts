import { expect, test } from 'vitest'
import { warnOfFailure } from '../../src/kafka/fetch-warnings.ts'

const at = { topic: 't', partition: 3 }

function linesOf(type: string, upTo: number): string[] {
  const lines: string[] = []
  const note = (level: string) => (fields: object) =>
    lines.push(`${level} ${(fields as { failures: number }).failures}`)
  const logger = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
  }
  const error = Object.assign(new Error('the disk is full'), { type })
  for (let failures = 1; failures <= upTo; failures += 1) warnOfFailure(logger, at, error, failures)
  return lines
}

test('a partition that cannot be fetched is told of ever more seldom', () => {
  const told = linesOf('KAFKA_STORAGE_ERROR', 1_000)
  expect(told).toEqual([1, 3, 10, 30, 100, 300, 1_000].map((count) => `warn ${count}`))
})

test('a leader that has moved is no news the first time', () => {
  expect(linesOf('NOT_LEADER_FOR_PARTITION', 5)).toEqual(['debug 1', 'warn 3'])
})
