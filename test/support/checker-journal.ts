import type { StackInfo } from '../../stack/index.ts'
import { listDirectory } from './checker-webhdfs.ts'
import { logEnds } from './ledger-kafka.ts'

/** Whose journals. */
export interface Journals {
  readonly root: string
  readonly group: string
  readonly topic: string
}

export function journalPath({ root, group, topic }: Journals, partition: number): string {
  return `${root}/_sink/${group}/${topic}/${partition}`
}

/** Names in each journal, by partition. */
async function journalNames(
  stack: StackInfo,
  journals: Journals,
  partitions: number,
): Promise<string[][]> {
  const listings = Array.from({ length: partitions }, async (_, partition) => {
    const listed = await listDirectory(stack, journalPath(journals, partition))
    return listed.map(({ pathSuffix }) => pathSuffix)
  })
  return await Promise.all(listings)
}

/** Uploads that are not published: where there is one, a flush is under way. */
export async function unpublished(
  stack: StackInfo,
  journals: Journals,
  partitions: number,
): Promise<string[]> {
  const names = (await journalNames(stack, journals, partitions)).flat()
  return names.filter((name) => name.endsWith('.tmp'))
}

/** Where each journal ends; undefined where there is none. */
export async function journalEnds(
  stack: StackInfo,
  journals: Journals,
  partitions: number,
): Promise<(number | undefined)[]> {
  const names = await journalNames(stack, journals, partitions)
  return names.map((each) => {
    const head = each.find((name) => name.startsWith('head.'))
    return head === undefined ? undefined : Number(head.split('.')[2])
  })
}

/** Whether every record is committed in the journals, whoever did it. */
export async function journalsAreAtEnd(stack: StackInfo, journals: Journals): Promise<boolean> {
  const ends = await logEnds(stack, journals.topic)
  return (await journalEnds(stack, journals, ends.length)).join() === ends.join()
}
