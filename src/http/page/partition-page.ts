import type { PartitionPage, StatusPartition } from './status-document.ts'

/** Which partitions are asked for. */
export interface PartitionQuery {
  /** Of `topic-partition`, or a state; '' for all. */
  readonly filter: string
  /** From 1. */
  readonly page: number
}

export const ROWS_OF_A_PAGE = 50
const MOST_CHARACTERS = 249

const URGENCY = { stopped: 0, recovering: 1, starting: 2, paused: 3, writing: 4 } as const

/** From `?q=...&page=...`; what makes no sense is left out. */
export function partitionQuery(parameters: URLSearchParams): PartitionQuery {
  const filter = (parameters.get('q') ?? '').trim().slice(0, MOST_CHARACTERS)
  const page = Number(parameters.get('page') ?? '1')
  return { filter, page: Number.isSafeInteger(page) && page > 0 ? page : 1 }
}

/** Those in trouble first, then those that are behind most; a page beyond the last is the last. */
export function partitionPage(
  all: readonly StatusPartition[],
  { filter, page: asked }: PartitionQuery,
): PartitionPage {
  const matching = all.filter((row) => fits(row, filter.toLowerCase())).sort(byUrgency)
  const pages = Math.max(1, Math.ceil(matching.length / ROWS_OF_A_PAGE))
  const page = Math.min(asked, pages)
  const rows = matching.slice((page - 1) * ROWS_OF_A_PAGE, page * ROWS_OF_A_PAGE)
  return { total: all.length, matching: matching.length, filter, page, pages, rows }
}

function fits({ topic, partition, state }: StatusPartition, filter: string): boolean {
  return `${topic}-${partition}`.toLowerCase().includes(filter) || state === filter
}

function byUrgency(a: StatusPartition, b: StatusPartition): number {
  return (
    URGENCY[a.state] - URGENCY[b.state] ||
    (b.lagRecords ?? 0) - (a.lagRecords ?? 0) ||
    (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition)
  )
}
