import { describe, expect, it } from 'vitest'
import { CONFIG_KEYS } from '../../src/config/keys.ts'
import type { StopReason } from '../../src/core/stop-reason.ts'
import { metricDefinitions } from '../../src/telemetry/definitions.ts'
import { read, repositoryFiles } from './source-files.ts'

/* docs/OPERATING.md beside the code that it speaks of. */

const text = read('docs/OPERATING.md')

/** The compiler demands every reason, and no other. */
const REASONS: Readonly<Record<StopReason['reason'], true>> = {
  'journal-lost': true,
  'group-moved': true,
  'log-truncated': true,
  'topic-recreated': true,
  'retention-passed': true,
  'foreign-journal': true,
  'journal-damaged': true,
  'journal-gone': true,
  'path-taken': true,
  unwritable: true,
}

const ALERTS = [
  ...['SinkDown', 'SinkCutOff', 'SinkNotCommitting', 'SinkFileOverdue', 'SinkLagGrowing'],
  ...[
    'SinkHdfsErrors',
    'SinkPartitionStopped',
    'SinkFlushSlow',
    'SinkRebalanceStorm',
    'SinkCrashLoop',
    'SinkMemoryExhausted',
  ],
]

/** From a heading of level two to the next. */
function section(title: string): string {
  const [, found] = text.split(`\n## ${title}\n`)
  if (found === undefined) throw new Error(`there is no section "${title}"`)
  return found.split('\n## ')[0] ?? ''
}

function all(pattern: RegExp, within: string): string[] {
  return [...within.matchAll(pattern)].map(([, found = '']) => found)
}

describe('docs/OPERATING.md', () => {
  it('says what to do for each condition that stops a partition, and for no other', () => {
    const rows = all(/^\| `([a-z-]+)` \|/gm, section('Stop conditions'))
    expect(rows.toSorted()).toEqual(Object.keys(REASONS).toSorted())
  })

  it('has a heading for each alert', () => {
    expect(all(/^### (\w+)$/gm, section('Alerts'))).toEqual(ALERTS)
  })

  it('names only keys of the configuration that there are', () => {
    const sections = new Set(CONFIG_KEYS.map(({ path }) => path[0]))
    const named = all(/`([a-z]+\.[a-zA-Z]+)(?=[`: ])/g, text).filter((name) =>
      sections.has(name.split('.')[0]),
    )
    const known = new Set(CONFIG_KEYS.map(({ name }) => name))
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((name) => !known.has(name) && !name.endsWith('.yaml'))).toEqual([])
  })

  it('names only metrics that there are', () => {
    const known = new Set(Object.values(metricDefinitions).map(({ name }) => name))
    const named = all(/kafka_hdfs_sink_(\w+)/g, text).map((name) => name.replace(/_count$/, ''))
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !known.has(name))).toEqual([])
  })

  it('links to places that are there', () => {
    const headings = new Set(
      all(/^#+ (.+)$/gm, text).map((title) =>
        title
          .toLowerCase()
          .replace(/[^\w\s-]/g, '')
          .replaceAll(' ', '-'),
      ),
    )
    const links = all(/\]\(([^)]+)\)/g, text)
    const files = repositoryFiles()
    const dead = links.filter((link) => {
      const [file = '', anchor] = link.split('#')
      if (file === '') return !headings.has(anchor ?? '')
      const target = new URL(file, 'http://x/docs/').pathname.slice(1)
      return !files.includes(target)
    })
    expect(links.length).toBeGreaterThan(10)
    expect(dead).toEqual([])
  })
})
