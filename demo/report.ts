import path from 'node:path'
import Table from 'cli-table3'
import type { Comparison } from './compare.ts'
import { isExactlyOnce } from './compare.ts'
import type { PublishedFile } from './hdfs.ts'
import { count } from './progress.ts'
import { type Screen, styled } from './screen.ts'

const SHOWN_LINES = 3
const SHOWN_NAMES = 10
const PADDING = 2
const NUMBER_COLUMNS = ['offsets', 'records', 'bytes'] as const

/** The files, directory by directory, with what is in them. */
export function reportFiles(screen: Screen, files: readonly PublishedFile[]): void {
  for (const [directory, inside] of Map.groupBy(files, ({ path: file }) => path.dirname(file))) {
    screen.heading(`Files in HDFS, ${directory}`)
    screen.result(fileTable(inside, screen.columns))
  }
  const records = sum(files.map((file) => file.records.length))
  const bytes = sum(files.map((file) => file.bytes))
  screen.result(`  ${count(files.length)} files, ${count(records)} records, ${count(bytes)} bytes`)
}

/** Without lines between the cells, and no wider than `columns`: file names are cut first. */
export function fileTable(
  files: readonly PublishedFile[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const rows = files.map((file) => [
    path.basename(file.path),
    `${file.records[0]?.offset}-${file.records.at(-1)?.offset}`,
    count(file.records.length),
    count(file.bytes),
  ])
  const cells = [['file', ...NUMBER_COLUMNS], ...rows]
  const widths = [0, 1, 2, 3].map(
    (column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)) + PADDING,
  )
  const [widest = 0, ...numbers] = widths
  const room = Math.max(10, columns - sum(numbers))
  const table = new Table({
    head: ['file', ...NUMBER_COLUMNS],
    colWidths: [Math.min(widest, room), ...numbers],
    colAligns: ['left', 'right', 'right', 'right'],
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': PADDING, 'padding-right': 0, compact: true },
  })
  table.push(...rows)
  return table.toString()
}

const NO_LINES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '' },
}

export function reportFirstLines(screen: Screen, file: PublishedFile): void {
  screen.heading(`First lines of ${path.basename(file.path)}`)
  screen.result(file.lines.slice(0, SHOWN_LINES).join('\n'))
}

/** @returns whether all is well */
export function reportComparison(screen: Screen, found: Comparison): boolean {
  screen.heading('Kafka and HDFS, compared record by record')
  const wrongs = Object.entries({
    missing: found.missing,
    doubled: found.doubled,
    different: found.different,
    unknown: found.unknown,
  })
  screen.result(`  in Kafka ${count(found.inKafka)}, in HDFS ${count(found.inHdfs)}`)
  screen.result(`  ${wrongs.map(([name, list]) => `${name} ${count(list.length)}`).join(', ')}`)
  for (const [name, list] of wrongs) {
    if (list.length === 0) continue
    const more = list.length > SHOWN_NAMES ? ' ...' : ''
    screen.result(`  ${name} (partition@offset): ${list.slice(0, SHOWN_NAMES).join(' ')}${more}`)
  }
  const isWell = isExactlyOnce(found)
  screen.result(
    isWell
      ? styled('green', '  Every record is in HDFS exactly once.')
      : styled(
          'red',
          '  HDFS does not hold every record exactly once: --keep leaves it for a look.',
        ),
  )
  return isWell
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
