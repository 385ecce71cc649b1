/*
 * JSON that somebody else may have written: undefined where it is something else than was expected.
 */

export type JsonObject = Readonly<Record<string, unknown>>

/** undefined when this is not the text of a JSON object. */
export function jsonOf(text: string): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** undefined when this is not an object. */
export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined
}
