import { describe, expect, it } from 'vitest'
import { type Actions, nodeVersionProblem, parseCommandLine } from '../src/cli.ts'
import { ConfigError } from '../src/config/problems.ts'

/** Runs a command line whose actions only note what they were called with. */
async function commandLine(args: string[], overrides: Partial<Actions> = {}) {
  const calls: unknown[][] = []
  const note =
    (name: string) =>
    async (...flags: unknown[]) => {
      calls.push([name, ...flags])
      return 0
    }
  const actions: Actions = {
    run: note('run'),
    validate: note('validate'),
    printConfig: note('printConfig'),
    printSchema: note('printSchema'),
    initConfig: note('initConfig'),
    healthcheck: note('healthcheck'),
    status: note('status'),
    showOffsets: note('showOffsets'),
    resetOffsets: note('resetOffsets'),
    verify: note('verify'),
    inspect: note('inspect'),
    ...overrides,
  }
  const written = { out: '', err: '' }
  const output = {
    out: (text: string) => {
      written.out += text
    },
    err: (text: string) => {
      written.err += text
    },
  }
  const exitCode = await parseCommandLine(args, actions, { output })
  return { exitCode, calls, ...written }
}

describe('the command line', () => {
  it('hands file and flags to the command', async () => {
    const sets = ['--set', 'kafka.group=a', '--set', 'hdfs.path=a=b']
    expect(await commandLine(['run', '--config', 'sink.yaml', ...sets])).toMatchObject({
      exitCode: 0,
      calls: [['run', { config: 'sink.yaml', set: ['kafka.group=a', 'hdfs.path=a=b'] }]],
      out: '',
      err: '',
    })
    expect((await commandLine(['validate'])).calls).toEqual([
      ['validate', { set: [], environment: true }],
    ])
    expect((await commandLine(['validate', '--no-environment', '--json'])).calls).toEqual([
      ['validate', { set: [], environment: false, json: true }],
    ])
    expect((await commandLine(['run', '--dry-run', '--json'])).calls).toEqual([
      ['run', { set: [], dryRun: true, json: true }],
    ])
    expect((await commandLine(['config', 'init'])).calls).toEqual([['initConfig', 'sink.yaml']])
    expect((await commandLine(['config', 'print', '-c', 'x'])).calls).toEqual([
      ['printConfig', { config: 'x', set: [] }],
    ])
    expect((await commandLine(['config', 'schema'])).calls).toEqual([['printSchema']])
  })

  it('asks the local sink for its health, or another', async () => {
    expect((await commandLine(['healthcheck'])).calls).toEqual([
      ['healthcheck', { url: 'http://127.0.0.1:8080/livez' }],
    ])
    const other = await commandLine(['healthcheck', '--url', 'http://sink:1/readyz'])
    expect(other.calls).toEqual([['healthcheck', { url: 'http://sink:1/readyz' }]])
  })

  it('hands over what to look at, and where to move it', async () => {
    expect((await commandLine(['status', '--topic', 'clicks', '--files'])).calls).toEqual([
      ['status', { set: [], topic: { topic: 'clicks' }, files: true }],
    ])
    expect((await commandLine(['offsets', 'show', '--json'])).calls).toEqual([
      ['showOffsets', { set: [], json: true }],
    ])
    const reset = ['offsets', 'reset', '-t', 'clicks:1,0,1', '--to', '7', '--reason', 'why not']
    expect((await commandLine([...reset, '--execute'])).calls).toEqual([
      [
        'resetOffsets',
        {
          set: [],
          topic: { topic: 'clicks', partitions: [1, 0] },
          to: { kind: 'offset', offset: 7 },
          reason: 'why not',
          execute: true,
        },
      ],
    ])
  })

  it('prints its version and its help to standard output', async () => {
    const version = await commandLine(['version'])
    expect(version).toMatchObject({ exitCode: 0, err: '' })
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/)
    const help = await commandLine(['run', '--help'])
    expect(help).toMatchObject({ exitCode: 0, err: '' })
    expect(help.out).toContain('run --config config/sink.yaml --set workers=4')
    expect((await commandLine(['--help'])).out).toContain('Exit codes: 0 done')
  })

  it('has help with an example for every command that does something', async () => {
    const commands = [
      ...['run', 'validate', 'status', 'verify', 'inspect', 'healthcheck', 'completion'],
      ...['config init', 'config print', 'config schema', 'offsets show', 'offsets reset'],
    ]
    for (const command of commands) {
      const { out } = await commandLine([...command.split(' '), '--help'])
      expect(out).toMatch(/\nExamples?\b[\s\S]*\$ kafka-hdfs-sink/)
    }
  })

  it.each([
    [['rum'], /Did you mean run\?/],
    [['run', '--confg', 'x'], /Did you mean --config\?/],
    [['run', '--set', 'kafka.group'], /Write key=value/],
    [['run', 'sink.yaml'], /too many arguments/],
    [['run', '--json'], /only for --dry-run/],
    [['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
    [['healthcheck', '--url', 'localhost'], /Write a URL/],
    [['offsets', 'reset', '--to', 'latest'], /'-t, --topic <topic\[:0,1\]>' not specified/],
    [['offsets', 'reset', '--topic', 't'], /'--to <where>' not specified/],
    [['offsets', 'reset', '--topic', 't', '--to', 'yesterday'], /Write earliest, latest, journal/],
    [['offsets', 'show', '--topic', 't:x'], /clicks:0,1/],
    [[], /Usage: kafka-hdfs-sink/],
    [['config'], /Usage: kafka-hdfs-sink config/],
  ])('ends with 2 and says why when it is wrong: %j', async (args, message) => {
    const { exitCode, calls, out, err } = await commandLine(args)
    expect({ exitCode, calls, out }).toEqual({ exitCode: 2, calls: [], out: '' })
    expect(err).toMatch(message)
  })

  it('ends with what the command resolves with', async () => {
    const { exitCode } = await commandLine(['healthcheck'], { healthcheck: async () => 1 })
    expect(exitCode).toBe(1)
  })

  it('ends with 78 for a wrong configuration, with 1 for anything else', async () => {
    const problems = [{ place: { name: 'sink.yaml:1:1' }, message: 'is wrong' }]
    const wrong = await commandLine(['run'], {
      run: async () => {
        throw new ConfigError(problems)
      },
    })
    expect(wrong).toMatchObject({ exitCode: 78, out: '' })
    expect(wrong.err).toBe('sink.yaml:1:1: is wrong\n\nThe configuration has 1 problem.\n')
    const failed = await commandLine(['run'], {
      run: async () => {
        throw new Error('no broker')
      },
    })
    expect(failed.exitCode).toBe(1)
    expect(failed.err).toContain('no broker')
  })

  it('says in one line that Node is too old', async () => {
    expect(nodeVersionProblem('24.0.0')).toBeUndefined()
    expect(nodeVersionProblem('20.19.1')).toMatch(
      /^kafka-hdfs-sink needs Node 24.*20\.19\.1[^\n]*$/,
    )
  })
})
