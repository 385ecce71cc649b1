import { loadExports } from './internals.ts'

/* Kafka's error codes, by the names that kafkajs has for them. */

interface ErrorCodes {
  readonly errorCodes: readonly { readonly type: string; readonly code: number }[]
  createErrorFromCode(code: number): Error & { readonly type: string }
}

const kafkajs = loadExports<ErrorCodes>('protocol/error.js')

export const NONE = 0
export const UNKNOWN_TOPIC = codeOf('UNKNOWN_TOPIC_OR_PARTITION')
export const OUT_OF_RANGE = codeOf('OFFSET_OUT_OF_RANGE')

/** As kafkajs would throw it. */
export const { createErrorFromCode } = kafkajs

function codeOf(wanted: string): number {
  const found = kafkajs.errorCodes.find(({ type }) => type === wanted)
  if (found === undefined) throw new Error(`kafkajs knows no error ${wanted}`)
  return found.code
}
