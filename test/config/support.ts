import { type ConfigSources, loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'
import type { SinkConfig } from '../../src/config/schema.ts'

/** The least that a configuration needs. */
export const MINIMAL = `kafka:
  brokers: [localhost:9092]
  topics: [select-color]
hdfs:
  urls: [http://localhost:9870]
`

export function load(text: string, more: Partial<ConfigSources> = {}): SinkConfig {
  return loadConfig({ file: 'sink.yaml', text, env: {}, sets: [], ...more })
}

/** The error that a configuration is refused with. */
export function refused(text: string, more: Partial<ConfigSources> = {}): ConfigError {
  try {
    load(text, more)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('the configuration was accepted')
}

/** Place and message of each problem, in a line. */
export function problemsOf(text: string, more: Partial<ConfigSources> = {}): string[] {
  return refused(text, more).problems.map(({ place, message, help }) =>
    [`${place.name}: ${message}`, ...(help === undefined ? [] : [help])].join(' | '),
  )
}
