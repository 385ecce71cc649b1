import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { renderDocumentation } from '../../src/config/document.ts'
import { loadConfig } from '../../src/config/load.ts'

const REPOSITORY = new URL('../../', import.meta.url)
const examples = readdirSync(new URL('config/examples/', REPOSITORY)).map(
  (name) => `examples/${name}`,
)

it.each(['sink.yaml', ...examples])('config/%s is a good configuration', (name) => {
  const text = readFileSync(new URL(`config/${name}`, REPOSITORY), 'utf8')
  const config = loadConfig({ file: name, text, env: {}, sets: [] })
  expect(config.kafka.brokers.length).toBeGreaterThan(0)
})

it('there is an example of each kind', () => {
  expect(examples).toHaveLength(5)
})

it('docs/CONFIGURATION.md is what the schema says (npm run docs:config writes it)', () => {
  const written = readFileSync(new URL('docs/CONFIGURATION.md', REPOSITORY), 'utf8')
  expect(written).toBe(renderDocumentation())
})
