import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { CONFIG_KEYS, listKeys } from '../../src/config/keys.ts'
import {
  REDACTED,
  redact,
  renderConfig,
  renderJsonSchema,
  secretsOf,
} from '../../src/config/print.ts'
import { load, MINIMAL } from './support.ts'

describe('what is printed', () => {
  it('is the whole configuration, and can be loaded again', () => {
    const config = load(`${MINIMAL}http: {port: false}\nformat: {type: json-lines}\n`)
    const text = renderConfig(config)
    expect(text).toContain('heartbeatIntervalMs: 3000')
    expect(load(text)).toEqual(config)
  })

  it('hides what the schema calls a secret', () => {
    const config = load(MINIMAL)
    const secret = new Set(['kafka.clientId', 'kafka.brokers.*', 'kafka.topicPattern'])
    const keys = CONFIG_KEYS.map((key) => ({ ...key, secret: secret.has(key.name) }))
    expect(redact(config, keys)).toMatchObject({
      kafka: { clientId: REDACTED, brokers: [REDACTED], group: 'kafka-hdfs-sink' },
    })
    expect(JSON.stringify(redact(config, keys))).not.toContain('topicPattern')
    // What must not be found in other texts either.
    expect(secretsOf(config, keys)).toEqual([...config.kafka.brokers, config.kafka.clientId])
  })

  it('is a JSON Schema that knows every key, and nothing of ours', () => {
    const schema = JSON.parse(renderJsonSchema())
    expect(schema.properties.kafka.properties.brokers).toMatchObject({ type: 'array', minItems: 1 })
    expect(schema.properties.kafka.additionalProperties).toBe(false)
    expect(schema.required).toEqual(['kafka', 'hdfs'])
    expect(renderJsonSchema()).not.toContain('"expects"')
  })
})

describe('the schema', () => {
  it('describes every key, and says what it expects', () => {
    const keys = CONFIG_KEYS.filter(({ path }) => !path.includes('*'))
    expect(keys.filter(({ description }) => !/\.$/.test(description))).toEqual([])
    expect(keys.filter(({ expects }) => expects === '')).toEqual([])
    expect(keys.length).toBeGreaterThan(40)
  })

  it('gives every key a variable of its own', () => {
    const variables = CONFIG_KEYS.map(({ variable }) => variable).filter((name) => name !== '')
    expect(new Set(variables).size).toBe(variables.length)
    expect(variables).toContain('SINK_KAFKA__MAX_BYTES_PER_PARTITION')
  })

  it('lists secrets as such', () => {
    const schema = z.strictObject({
      password: z.string().default('x').meta({ description: 'A password.', secret: true }),
    })
    expect(listKeys(schema)).toMatchObject([{ name: 'password', secret: true, default: 'x' }])
  })
})
