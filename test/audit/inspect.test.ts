import { expect, it } from 'vitest'
import { type InspectReport, renderInspection } from '../../src/audit/inspect.ts'

const REPORT: InspectReport = {
  ...{
    version: 1,
    ok: true,
    path: '/a.txt',
    byteLength: 1,
    modifiedAt: '2026-01-01T00:00:00.000Z',
  },
  ...{ codec: 'none', format: 'text', stamp: null, records: 1 },
  ...{ firstRecord: { text: '\u001b[2Jrecord', byteLength: 10 }, lastRecord: null },
  ...{ firstOffset: null, lastOffset: null, problems: [] },
}

it('a record of a producer who means ill does nothing to the terminal', () => {
  const text = renderInspection(REPORT)
  expect(text).toContain('first record  \\u{1b}[2Jrecord\n')
  expect(text).not.toContain('\u001b')
})
