/** What a sink that runs says of itself at /readyz. */
export interface RunningSink {
  /** Where it was asked; null where nothing told where. */
  readonly url: string | null
  readonly answered: boolean
  /** That of the sink that answered, where it is another than was asked for: it says nothing of ours. */
  readonly otherGroup?: string
  readonly stopped: readonly StoppedThere[]
}

export interface StoppedThere {
  readonly topic: string
  readonly partition: number
  readonly reason: string
  readonly explanation: string
}

/** Never throws: no answer within `timeoutMs`, or a strange one, is none, and so is that of another group. */
export async function runningSink(
  base: string | undefined,
  group: string,
  timeoutMs: number,
): Promise<RunningSink> {
  if (base === undefined) return { url: null, answered: false, stopped: [] }
  const url = new URL('/readyz', base).href
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const body: unknown = await response.json()
    if (!hasStopped(body)) return { url, answered: false, stopped: [] }
    if (body.group !== group) {
      return { url, answered: false, otherGroup: body.group, stopped: [] }
    }
    return { url, answered: true, stopped: body.stopped.filter(isStopped) }
  } catch {
    return { url, answered: false, stopped: [] }
  }
}

function hasStopped(
  body: unknown,
): body is { readonly group: string; readonly stopped: readonly unknown[] } {
  if (!isObject(body) || !('stopped' in body) || !('group' in body)) return false
  return Array.isArray(body.stopped) && typeof body.group === 'string'
}

function isStopped(each: unknown): each is StoppedThere {
  if (!isObject(each) || !('topic' in each) || !('partition' in each)) return false
  if (!('reason' in each) || !('explanation' in each)) return false
  const { topic, partition, reason, explanation } = each
  const texts = [topic, reason, explanation]
  return texts.every((text) => typeof text === 'string') && Number.isInteger(partition)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
