import { describe, expect, it } from 'vitest'
import { CONFIG_KEYS } from '../../src/config/keys.ts'
import { readSets } from '../../src/config/overrides.ts'
import { MINIMAL, refused } from './support.ts'

const PLANTED = 'hunter2'

describe('a secret is not shown', () => {
  it.each([
    ['under a key that is unknown', `${MINIMAL}sasl:\n  password: ${PLANTED}\n`],
    ['under a key that is misspelt', `${MINIMAL}log: {passwort: "${PLANTED}", level: loud}\n`],
    ['where YAML is broken', `${MINIMAL}  clientSecret: '${PLANTED}\n`],
    ['in a URL', MINIMAL.replace('http://', `http://me:${PLANTED}@`)],
  ])('%s', (_, text) => {
    const error = refused(text)
    expect(error.message).not.toContain(PLANTED)
    expect(JSON.stringify(error.problems)).not.toContain(PLANTED)
  })
})

it('a flag takes no secret, and the error names the variable that does', () => {
  const keys = CONFIG_KEYS.map((key) => ({ ...key, secret: key.name === 'kafka.clientId' }))
  const byName = new Map(keys.map((key) => [key.name, key]))
  const { overrides, problems } = readSets([`kafka.clientId=${PLANTED}`, 'kafka.group=g'], byName)
  expect(overrides.map(({ name }) => name)).toEqual(['--set kafka.group'])
  expect(problems).toMatchObject([
    {
      place: { name: '--set kafka.clientId' },
      help: expect.stringContaining('SINK_KAFKA__CLIENT_ID_FILE'),
    },
  ])
  expect(JSON.stringify(problems)).not.toContain(PLANTED)
})
