import { describe, expect, it } from 'vitest'
import { failureOf } from '../hdfs/fake-servers.ts'
import { fsShell } from '../support/stack.ts'
import { bytes, fs, open, root, useScratchDirectory } from './hdfs-scratch.ts'

const oddNames = [
  ...['p%41q', '100%', '%25', 'a b', 'a+b', 'a#b', 'a?b=c&d', 'a;b', 'a\\b', '[{}]', 'tab\tx'],
  ...["'single'", '"double"', '한글', '색 파랑', 'Zoë', '😀', '0x41', 'ends with '],
]

useScratchDirectory()

describe('names', () => {
  it('with anything in them name the same file for every operation', async () => {
    const directory = `${root}/names`
    await fs.makeDirectory(`${directory}/moved`)
    await fs.makeDirectory(`${directory}/new`)
    for (const name of oddNames) {
      const path = `${directory}/new/${name}`
      await fs.upload(path, bytes(name))
      await fs.setXattr(path, 'name', name, 'create')
      expect(await fs.status(path)).toMatchObject({ byteLength: Buffer.byteLength(name) })
      await fs.rename(path, `${directory}/moved/${name}`)
      expect(await fs.status(path)).toBeUndefined()
      expect(await fs.getXattrs(`${directory}/moved/${name}`)).toEqual(new Map([['name', name]]))
    }
    const moved = await fs.list(`${directory}/moved`)
    expect(moved?.map(({ name }) => name).sort()).toEqual([...oddNames].sort())
    const read = await fsShell('-cat', `${directory}/moved/p%41q`, `${directory}/moved/색 파랑`)
    expect(read.toString()).toBe('p%41q색 파랑')
    for (const name of oddNames) {
      expect(await fs.delete(`${directory}/moved/${name}`, { recursive: false })).toBe(true)
    }
    expect(await fs.list(`${directory}/moved`)).toEqual([])
  })

  it('that HDFS does not allow are refused for good', async () => {
    const refused = { name: 'RequestRefusedError', action: 'stop-partition', ambiguous: false }
    const calls = [
      () => fs.upload(`${root}/a:b`, bytes('x')),
      () => fs.makeDirectory(`${root}/${'n'.repeat(300)}`),
      () => fs.rename(root, `${root}/inside`),
    ]
    for (const call of calls) expect(await failureOf(call())).toMatchObject(refused)
  })
})

describe('joining', () => {
  it('makes one file of several, in their order, and nothing is left of the others', async () => {
    const directory = `${root}/joined`
    await fs.makeDirectory(directory)
    const names = ['b', 'a', 'c']
    for (const name of names) await fs.upload(`${directory}/${name}`, [Buffer.alloc(5_000, name)])
    await fs.concat(
      `${directory}/b`,
      ['a', 'c'].map((name) => `${directory}/${name}`),
    )
    const expected = Buffer.concat(names.map((name) => Buffer.alloc(5_000, name)))
    expect((await fsShell('-cat', `${directory}/b`)).equals(expected)).toBe(true)
    expect((await fs.list(directory))?.map(({ name }) => name)).toEqual(['b'])
    const again = failureOf(fs.concat(`${directory}/b`, [`${directory}/a`]))
    expect(await again).toMatchObject({ name: 'NotFoundError' })
  })

  it('that HDFS does not do is refused for good', async () => {
    const directory = `${root}/apart`
    await fs.makeDirectory(`${directory}/below`)
    for (const name of ['a', 'below/b']) await fs.upload(`${directory}/${name}`, bytes(name))
    await fs.upload(`${directory}/empty`, [])
    const refused = { name: 'RequestRefusedError', action: 'stop-partition', ambiguous: false }
    const { fileId } = (await fs.status(directory)) ?? { fileId: 0 }
    const calls = [
      () => fs.concat(`${directory}/a`, [`${directory}/below/b`]),
      () => fs.concat(`${directory}/a`, [`${directory}/empty`]),
      () => fs.concat(`/.reserved/.inodes/${fileId}/a`, [`/.reserved/.inodes/${fileId}/empty`]),
      () => fs.concat(`${directory}/a`, [`${directory}/with,comma`]),
    ]
    for (const call of calls) expect(await failureOf(call())).toMatchObject(refused)
  })
})

describe('an upload', () => {
  it('stores the chunks in their order, and nothing as an empty file', async () => {
    const chunks = Array.from({ length: 40 }, (_, i) => Buffer.alloc(i * 10_007, i))
    await fs.upload(`${root}/chunks`, chunks)
    const read = await fsShell('-cat', `${root}/chunks`)
    expect(read.equals(Buffer.concat(chunks))).toBe(true)
    await fs.upload(`${root}/empty`, [])
    expect(await fs.status(`${root}/empty`)).toMatchObject({ type: 'file', byteLength: 0 })
  })

  it('goes in blocks of the configured size and replication', async () => {
    const small = open({ blockSizeBytes: 1_048_576, replication: 1 })
    await small.upload(`${root}/blocks`, [Buffer.alloc(2_500_000)])
    small.close()
    const stat = await fsShell('-stat', '%o %r %b', `${root}/blocks`)
    expect(stat.toString().trim()).toBe('1048576 1 2500000')
  })

  it('never replaces a file and never makes its directory', async () => {
    await fs.upload(`${root}/once`, bytes('first'))
    expect(await failureOf(fs.upload(`${root}/once`, bytes('second')))).toMatchObject({
      name: 'AlreadyExistsError',
      ambiguous: false,
    })
    expect((await fsShell('-cat', `${root}/once`)).toString()).toBe('first')
    expect(await failureOf(fs.upload(`${root}/none/a`, bytes('x')))).toMatchObject({
      name: 'NotFoundError',
      ambiguous: false,
    })
    expect(await fs.status(`${root}/none`)).toBeUndefined()
    expect(await failureOf(fs.upload(`${root}/once/a`, bytes('x')))).toMatchObject({
      action: 'stop-partition',
    })
  })
})

describe('a directory', () => {
  it('of 1,500 files is listed whole', async () => {
    const directory = `${root}/many`
    await fs.makeDirectory(directory)
    const names = Array.from({ length: 1500 }, (_, i) => `${i % 2 === 0 ? '파일' : 'file'}-${i}`)
    const waiting = [...names]
    const worker = async () => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        await fs.upload(`${directory}/${name}`, [])
      }
    }
    await Promise.all(Array.from({ length: 12 }, worker))
    const found = await fs.list(directory)
    expect(found?.map(({ name }) => name).sort()).toEqual(names.sort())
    expect(new Set(found?.map(({ fileId }) => fileId)).size).toBe(1500)
  })

  it('is made with its parents, again without harm, and not in place of a file', async () => {
    await fs.makeDirectory(`${root}/a/b/c`)
    await fs.makeDirectory(`${root}/a/b/c`)
    await fs.upload(`${root}/a/file`, bytes('x'))
    expect(await failureOf(fs.makeDirectory(`${root}/a/file`))).toMatchObject({
      name: 'AlreadyExistsError',
    })
    expect(await fs.list(`${root}/a/file`)).toBeUndefined()
    expect(await failureOf(fs.delete(`${root}/a`, { recursive: false }))).toMatchObject({
      name: 'RequestRefusedError',
    })
    expect(await fs.delete(`${root}/a`, { recursive: true })).toBe(true)
    expect(await fs.delete(`${root}/a`, { recursive: true })).toBe(false)
  })
})

describe('a rename', () => {
  it('of one name by four is won by exactly one, in 50 rounds', async () => {
    const directory = `${root}/races`
    const clients = Array.from({ length: 4 }, () => open())
    for (let round = 0; round < 50; round++) {
      await fs.makeDirectory(`${directory}/token-${round}`)
      const tries = clients.map((client, i) =>
        client.rename(`${directory}/token-${round}`, `${directory}/won-${round}-${i}`).then(
          () => 'won',
          (error: Error) => error.name,
        ),
      )
      const outcomes = await Promise.all(tries)
      expect(outcomes.sort()).toEqual(['NotFoundError', 'NotFoundError', 'NotFoundError', 'won'])
      expect(await fs.status(`${directory}/token-${round}`)).toBeUndefined()
    }
    expect(await fs.list(directory)).toHaveLength(50)
    for (const client of clients) client.close()
  })

  it('to one name by four is won by exactly one, and the others keep their file', async () => {
    const directory = `${root}/targets`
    await fs.makeDirectory(directory)
    await Promise.all([0, 1, 2, 3].map((i) => fs.upload(`${directory}/temp-${i}`, bytes(`${i}`))))
    const outcomes = await Promise.all(
      [0, 1, 2, 3].map((i) =>
        fs.rename(`${directory}/temp-${i}`, `${directory}/final`).then(
          () => 'won',
          (error: Error) => error.name,
        ),
      ),
    )
    const lost = 'AlreadyExistsError'
    expect(outcomes.sort()).toEqual([lost, lost, lost, 'won'])
    expect(await fs.list(directory)).toHaveLength(4)
  })

  it('to an existing directory does not move inside it', async () => {
    await fs.makeDirectory(`${root}/taken/empty`)
    await fs.makeDirectory(`${root}/taken/full/child`)
    await fs.makeDirectory(`${root}/taken/source`)
    await fs.upload(`${root}/taken/file`, bytes('x'))
    const exists = { name: 'AlreadyExistsError', ambiguous: false }
    for (const source of ['source', 'file']) {
      for (const target of ['empty', 'full']) {
        const call = fs.rename(`${root}/taken/${source}`, `${root}/taken/${target}`)
        expect(await failureOf(call)).toMatchObject(exists)
      }
    }
    expect(await fs.list(`${root}/taken/empty`)).toEqual([])
    expect(await fs.list(`${root}/taken`)).toHaveLength(4)
  })
})

describe('a directory addressed by its inode', () => {
  it('works for every call, and fails for every call once it was replaced', async () => {
    const directory = `${root}/inode`
    await fs.makeDirectory(`${directory}/token`)
    const base = `/.reserved/.inodes/${(await fs.status(directory))?.fileId}`
    await fs.rename(`${base}/token`, `${base}/token-2`)
    await fs.upload(`${base}/temp 한%`, bytes('hello'))
    await fs.setXattr(base, 'identity', 'me', 'create')
    await fs.setXattr(`${base}/temp 한%`, 'stamp', 'x', 'set')
    expect(await fs.getXattrs(base)).toEqual(new Map([['identity', 'me']]))
    expect(await fs.status(`${base}/temp 한%`)).toMatchObject({ byteLength: 5 })
    expect((await fs.list(base))?.map(({ name }) => name)).toEqual(['temp 한%', 'token-2'])
    await fs.rename(`${base}/temp 한%`, `${root}/published`)
    expect((await fsShell('-cat', `${root}/published`)).toString()).toBe('hello')
    await fs.upload(`${base}/orphan`, bytes('x'))
    expect(await fs.delete(`${base}/orphan`, { recursive: false })).toBe(true)

    await fs.delete(directory, { recursive: true })
    await fs.makeDirectory(`${directory}/token-2`)
    const missing = { name: 'NotFoundError', ambiguous: false }
    const changes = [
      () => fs.rename(`${base}/token-2`, `${base}/token-3`),
      () => fs.upload(`${base}/late`, bytes('x')),
      () => fs.setXattr(base, 'identity', 'me', 'set'),
      () => fs.makeDirectory(`${base}/late`),
    ]
    for (const change of changes) expect(await failureOf(change())).toMatchObject(missing)
    expect(await fs.delete(`${base}/token-2`, { recursive: true })).toBe(false)
    expect(await fs.status(base)).toBeUndefined()
    expect(await fs.list(base)).toBeUndefined()
    expect(await fs.getXattrs(base)).toBeUndefined()
    expect((await fs.list(directory))?.map(({ name }) => name)).toEqual(['token-2'])
  })
})

describe('extended attributes', () => {
  const values = [
    '',
    ' ',
    'text',
    '"quoted"',
    '"',
    '0x',
    '0xZZ',
    '0x41',
    '0sZZ',
    '0S',
    '한\n\t\0글',
  ]

  it('come back as they were written', async () => {
    await fs.upload(`${root}/attributes`, [])
    const wanted = new Map([...values, 'v'.repeat(16_000)].map((value, i) => [`name-${i}`, value]))
    wanted.delete('name-11')
    wanted.set('long', 'v'.repeat(15_000))
    for (const [name, value] of wanted) await fs.setXattr(`${root}/attributes`, name, value, 'set')
    expect(await fs.getXattrs(`${root}/attributes`)).toEqual(wanted)
  })

  it('are created once, replaced only when there, and set in any case', async () => {
    const path = `${root}/flags`
    await fs.makeDirectory(path)
    expect(await failureOf(fs.setXattr(path, 'a', '1', 'replace'))).toMatchObject({
      name: 'NotFoundError',
    })
    await fs.setXattr(path, 'a', '1', 'create')
    expect(await failureOf(fs.setXattr(path, 'a', '2', 'create'))).toMatchObject({
      name: 'AlreadyExistsError',
    })
    await fs.setXattr(path, 'a', '3', 'replace')
    await fs.setXattr(path, 'a', '4', 'set')
    expect(await fs.getXattrs(path)).toEqual(new Map([['a', '4']]))
    expect(await failureOf(fs.setXattr(path, 'a', 'v'.repeat(17_000), 'set'))).toMatchObject({
      name: 'RequestRefusedError',
    })
    expect(await failureOf(fs.setXattr(`${path}/none`, 'a', '1', 'set'))).toMatchObject({
      name: 'NotFoundError',
    })
  })
})
