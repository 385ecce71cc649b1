import PQueue from 'p-queue'

/** Works on several at once; results in the order of the items. Rejects with the first failure. */
export async function mapInOrder<T, R>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const queue = new PQueue({ concurrency })
  try {
    return await queue.addAll(items.map((item) => () => work(item)))
  } finally {
    queue.clear()
  }
}

/** Pieces of at most `size`. */
export function* piecesOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}
