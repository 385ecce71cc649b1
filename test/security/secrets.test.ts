import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { stdSerializers } from 'pino'
import { describe, expect, it } from 'vitest'
import { load, MINIMAL, refused } from '../config/support.ts'
import { fakeServer, fileSystem, json } from '../hdfs/fake-servers.ts'
import { outputOf, startWaitingSink } from '../support/waiting-sink.ts'

/* A secret is planted wherever one could come from; nothing that the sink gives out may hold it. */

const SECRET = 'hunter2-Zq9xTokenOfMine'
const WITH_USER = `http://admin:${SECRET}@namenode:9870`
const LONG = `http://${'a'.repeat(80)}:${SECRET}@namenode:9870`

/** A file that holds the text. */
function fileWith(content: string): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'secret-')), 'file')
  writeFileSync(file, `${content}\n`)
  return file
}

/** The message of the error, and all its fields. */
function everythingOf(error: Error): string {
  return `${error.stack}\n${JSON.stringify(stdSerializers.errWithCause(error))}\n${JSON.stringify(error)}`
}

describe('a configuration that is refused', () => {
  const broken = MINIMAL.replace('http://localhost:9870', WITH_USER)
  it.each([
    ['a URL in the file', () => refused(broken)],
    ['a URL that is cut short', () => refused(MINIMAL.replace('http://localhost:9870', LONG))],
    [
      'a URL that is filled in',
      () =>
        refused(`${MINIMAL.replace('http://localhost:9870', '"$' + '{U}"')}`, {
          env: { U: WITH_USER },
        }),
    ],
    ['a URL in the environment', () => refused(MINIMAL, { env: { SINK_HDFS__URLS: WITH_USER } })],
    ['a URL in a flag', () => refused(MINIMAL, { sets: [`hdfs.urls=${WITH_USER}`] })],
    [
      'a broker',
      () => refused(MINIMAL, { sets: [`kafka.brokers=kafka://u:${SECRET}@broker:9092`] }),
    ],
    ['a file', () => refused(MINIMAL, { env: { SINK_HDFS__URLS_FILE: fileWith(SECRET) } })],
    [
      'a file for a path',
      () => refused(MINIMAL, { env: { SINK_HDFS__PATH_FILE: fileWith(SECRET) } }),
    ],
    [
      'a text in place of a file',
      () => refused(MINIMAL, { env: { SINK_KAFKA__GROUP_FILE: SECRET } }),
    ],
    [
      'a variable that is mistyped',
      () => refused(MINIMAL, { env: { SINK_KAFKA__PASWORD: SECRET } }),
    ],
    ['a flag that is mistyped', () => refused(MINIMAL, { sets: [`kafka.password=${SECRET}`] })],
    ['a key that is not known', () => refused(`${MINIMAL}sasl: {password: ${SECRET}}\n`)],
    ['a key of its own line', () => refused(`${MINIMAL}password: "${SECRET}"\n`)],
    ['a line that is no YAML', () => refused(`${MINIMAL}  secretKey: "${SECRET}\n`)],
  ])('does not show the secret of %s', (_, refuse) => {
    const error = refuse()
    expect(error.problems.length).toBeGreaterThan(0)
    expect(everythingOf(error)).not.toContain(SECRET)
  })

  it('does not show a password that makes its URL no URL', () => {
    const { message } = refused(MINIMAL, { sets: ['hdfs.urls=http://me:sec/re"t@namenode:9870'] })
    expect(message).not.toMatch(/sec|re"t/)
  })

  it('still shows where, and what is no secret', () => {
    const { message } = refused(broken)
    expect(message).toMatch(/sink\.yaml:5:10: hdfs\.urls\.0: expected the URL of a NameNode/)
    expect(message).toContain('@namenode:9870')
    expect(load(MINIMAL).hdfs.urls).toEqual(['http://localhost:9870'])
  })
})

describe('an error of HDFS', () => {
  const location = `http://u:${SECRET}@elsewhere/webhdfs/v1/a?op=CREATE&delegation=${SECRET}`

  it.each([
    ['a redirect that is not expected', 307, 'list'],
    ['a redirect to a host that is not allowed', 200, 'upload'],
    ['a redirect of a download to such a host', 200, 'read'],
  ] as const)('does not show the token of %s', async (_, status, call) => {
    const name = await fakeServer(({ response }) => {
      if (status === 200) json(response, 200, { Location: location })
      else response.writeHead(status, { location }).end()
    })
    const fs = fileSystem([name.url], { allowedDataNodeHosts: ['data1'] })
    const calls = {
      list: () => fs.list('/a'),
      upload: () => fs.upload('/a', [Buffer.from('x')]),
      read: async () => {
        for await (const _ of fs.read('/a', 0)) throw new Error('bytes came of an unknown host')
      },
    }
    const error = await calls[call]().then(
      () => new Error('it went well'),
      (reason: unknown) => reason,
    )
    if (!(error instanceof Error)) throw error
    expect(error.message).toContain('elsewhere')
    expect(everythingOf(error)).not.toContain(SECRET)
  })
})

describe('a sink that runs', { timeout: 30_000 }, () => {
  it('shows its environment nowhere, and its configuration only where it is asked', async () => {
    const environment = {
      AWS_SECRET_ACCESS_KEY: SECRET,
      KAFKA_PASSWORD: SECRET,
      HTTP_PROXY: `http://u:${SECRET}@proxy:3128`,
      SINK_LOG__LEVEL: 'trace',
    }
    const printed = outputOf(['config', 'print'], {
      ...environment,
      SINK_KAFKA__BROKERS: 'localhost:1',
      SINK_KAFKA__TOPICS: 't',
      SINK_HDFS__URLS_FILE: fileWith('http://localhost:1'),
    })
    const sink = await startWaitingSink(environment)
    const pages = await allPages(sink.url)
    const outputs = [...pages, ...(await sink.stop()), ...(await printed)]
    expect(pages.length).toBeGreaterThanOrEqual(5)
    expect(outputs.join('')).toContain('http://localhost:1')
    expect(outputs.filter((output) => output.includes(SECRET))).toEqual([])
  })
})

/** The pages that the first one names, their errors, and their headers. */
async function allPages(base: string): Promise<string[]> {
  const index = await (await fetch(base)).text()
  const named = index.match(/(?<=^|["'\s])\/[a-z][\w/.-]*/gm) ?? []
  const paths = new Set(['/', '/metrics', '/livez', '/readyz', '/api/status', '/nothing', ...named])
  const pages = [...paths].map(async (each) => {
    const response = await fetch(base + each)
    return `${JSON.stringify([...response.headers])}\n${await response.text()}`
  })
  return await Promise.all(pages)
}
