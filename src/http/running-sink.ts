/** What a sink that runs says of itself at /readyz. */
export interface RunningSink {
  /** Where it was asked; null where nothing told where. */
  readonly url: string | null
  readonly answered: boolean
  readonly stopped: readonly StoppedThere[]
}

export interface StoppedThere {
  readonly topic: string
  readonly partition: number
  readonly reason: string
  readonly explanation: string
}

/** Never throws: no answer within `timeoutMs`, or a strange one, is none. */
export async function runningSink(
  base: string | undefined,
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
    return { url, answered: true, stopped: body.stopped.filter(isStopped) }
  } catch {
    return { url, answered: false, stopped: [] }
  }
}

function hasStopped(body: unknown): body is { readonly stopped: readonly unknown[] } {
  return isObject(body) && 'stopped' in body && Array.isArray(body.stopped)
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
