import type { Check } from './server.ts'

/** What a health endpoint said. */
export interface Health {
  readonly ok: boolean
  /** One line for each check, or why there was no answer. For people. */
  readonly text: string
}

interface HealthBody {
  readonly ok: boolean
  readonly checks: readonly Check[]
}

/**
 * Asks `/livez` or `/readyz` of a sink that runs. Never throws: no answer within `timeoutMs`, or
 * a strange one, is not healthy.
 */
export async function checkHealth(url: string, timeoutMs: number): Promise<Health> {
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const body: unknown = await response.json()
    if (!isHealth(body)) return { ok: false, text: `${url} is not a health endpoint of the sink.` }
    const lines = body.checks.map(({ name, ok, reason }) =>
      [ok ? 'ok  ' : 'FAIL', name, reason].join(' ').trimEnd(),
    )
    return { ok: response.ok && body.ok, text: lines.join('\n') }
  } catch (error) {
    return { ok: false, text: `No answer from ${url}: ${reasonOf(error, timeoutMs)}.` }
  }
}

function isHealth(body: unknown): body is HealthBody {
  return (
    typeof body === 'object' &&
    body !== null &&
    'ok' in body &&
    'checks' in body &&
    Array.isArray(body.checks)
  )
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `nothing within ${timeoutMs} ms`
  const { cause } = error
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.message
}
