import { expect, it } from 'vitest'
import { redactText } from '../../src/telemetry/redact-text.ts'

it.each([
  ['https://user:secret@host:1/a@b', 'https://[secret]@host:1/a@b'],
  ['http://user:pass@word@host:1/a', 'http://[secret]@host:1/a'],
  ['SINK_KAFKA__SASL__PASSWORD=x y', 'SINK_KAFKA__SASL__PASSWORD=[secret] y'],
  ['{"password":"x","user":"me"}', '{"password":"[secret]","user":"me"}'],
  [
    'password: x, token : "y", secret = z',
    'password: [secret], token : "[secret]", secret = [secret]',
  ],
  ['{"token":123}', '{"token":[secret]}'],
  ['?op=OPEN&delegation=HAAE&offset=1', '?op=OPEN&delegation=[secret]&offset=1'],
  ['Authorization: Negotiate YIIabcdef', 'Authorization: Negotiate [secret]'],
])('hides the secret of %s', (text, shown) => {
  expect(redactText(text)).toBe(shown)
})

it.each([
  'run offsets reset --topic secret-events:3 --to earliest --execute',
  'The token of the journal is a directory: /kafka/_sink/g/t/0/head.1.2.a-0.a',
  'RENAME /kafka/a@b at http://localhost:9870: no answer (basic check)',
])('leaves alone: %s', (text) => {
  expect(redactText(text)).toBe(text)
})
