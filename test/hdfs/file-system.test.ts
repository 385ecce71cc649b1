import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Asked,
  failureOf,
  fakeServer,
  fileStatus,
  fileSystem,
  json,
  remoteException,
} from './fake-servers.ts'

function page(names: readonly string[], remainingEntries: number) {
  const FileStatus = names.map((name) => fileStatus(1, name))
  return {
    DirectoryListing: { partialListing: { FileStatuses: { FileStatus } }, remainingEntries },
  }
}

/** Lists `names` in pages of two; `parameter` is the spelling that it understands. */
function lister(names: readonly string[], parameter: string) {
  return fakeServer(({ query, response }) => {
    const after = query.get(parameter)
    const rest = after === null ? names : names.slice(names.indexOf(after) + 1)
    json(response, 200, page(rest.slice(0, 2), Math.max(rest.length - 2, 0)))
  })
}

describe('a listing', () => {
  it.each(['startafter', 'startAfter'])('goes through all pages by %s', async (parameter) => {
    const names = ['한', 'a', 'b+c', 'd%']
    const { url, asked } = await lister(names, parameter)
    const found = await fileSystem([url]).list('/x')
    expect(found?.map(({ name }) => name)).toEqual(names)
    expect(asked).toHaveLength(2)
  })

  it('whose pages do not advance is an error and not an endless loop', async () => {
    const { url, asked } = await lister(['a', 'b', 'c'], 'STARTAFTER')
    expect(await failureOf(fileSystem([url]).list('/x'))).toMatchObject({
      name: 'UnsupportedServerError',
      action: 'stop-process',
    })
    expect(asked).toHaveLength(2)
  })

  it('with an empty page before its end is an error and not an endless loop', async () => {
    const { url } = await fakeServer(({ response }) => json(response, 200, page([], 3)))
    expect(await failureOf(fileSystem([url]).list('/x'))).toMatchObject({
      name: 'UnsupportedServerError',
    })
  })

  it('is undefined when the directory is missing, also when it vanishes between two pages', async () => {
    const { url } = await fakeServer(({ path, query, response }) => {
      if (path === '/none' || query.has('startafter')) {
        remoteException(response, 404, 'FileNotFoundException')
      } else json(response, 200, page(['a', 'b'], 5))
    })
    const fs = fileSystem([url])
    expect(await fs.list('/none')).toBeUndefined()
    expect(await fs.list('/x')).toBeUndefined()
  })

  it('of a file is undefined, and of an empty directory empty', async () => {
    const { url } = await fakeServer(({ path, response }) =>
      json(response, 200, page(path === '/file' ? [''] : [], 0)),
    )
    const fs = fileSystem([url])
    expect(await fs.list('/file')).toBeUndefined()
    expect(await fs.list('/empty')).toEqual([])
  })

  it('is asked for whole where the server has no pages', async () => {
    const { url, asked } = await fakeServer(({ op, response }) =>
      op === 'LISTSTATUS'
        ? json(response, 200, { FileStatuses: { FileStatus: [fileStatus(3, 'a')] } })
        : remoteException(
            response,
            400,
            'IllegalArgumentException',
            'Invalid value for webhdfs parameter "op": No enum constant LISTSTATUS_BATCH',
          ),
    )
    const fs = fileSystem([url])
    const entry = { name: 'a', type: 'file', byteLength: 3, fileId: 16_400, modifiedMs: 1 }
    expect(await fs.list('/x')).toEqual([entry])
    expect(await fs.list('/x')).toEqual([entry])
    expect(asked.map((line) => line.split(' ')[1])).toEqual([
      'LISTSTATUS_BATCH',
      'LISTSTATUS',
      'LISTSTATUS',
    ])
  })
})

describe('a rename', () => {
  it('asks for NONE in lower case and succeeds on an empty body', async () => {
    let query = {}
    const { url } = await fakeServer((asked) => {
      query = Object.fromEntries(asked.query)
      asked.response.end()
    })
    await fileSystem([url]).rename('/a', '/b/한 %')
    expect(query).toEqual({
      op: 'RENAME',
      'user.name': 'sink',
      destination: '/b/한 %',
      renameoptions: 'NONE',
    })
  })

  it.each([true, false])(
    'answered by {"boolean":%s} was done without the option',
    async (boolean) => {
      const { url } = await fakeServer(({ response }) => json(response, 200, { boolean }))
      expect(await failureOf(fileSystem([url]).rename('/a', '/b'))).toMatchObject({
        name: 'UnsupportedServerError',
        action: 'stop-process',
        ambiguous: true,
      })
    },
  )
})

describe('booleans', () => {
  it('mkdir that answers false has failed', async () => {
    const { url } = await fakeServer(({ response }) => json(response, 200, { boolean: false }))
    expect(await failureOf(fileSystem([url]).makeDirectory('/a'))).toMatchObject({
      name: 'UnexpectedAnswerError',
      action: 'retry',
    })
  })

  it('delete says whether there was something', async () => {
    const { url } = await fakeServer(({ path, query, response }) => {
      if (path === '/gone/a') remoteException(response, 404, 'FileNotFoundException')
      else json(response, 200, { boolean: path === '/a' && query.get('recursive') === 'true' })
    })
    const fs = fileSystem([url])
    expect(await fs.delete('/a', { recursive: true })).toBe(true)
    expect(await fs.delete('/b', { recursive: false })).toBe(false)
    expect(await fs.delete('/gone/a', { recursive: false })).toBe(false)
  })
})

describe('extended attributes', () => {
  it.each([
    ['create', 'CREATE'],
    ['replace', 'REPLACE'],
    ['set', 'CREATE,REPLACE'],
  ] as const)('are written in mode %s with the flag %s', async (mode, flag) => {
    let query: Record<string, string> = {}
    const { url } = await fakeServer((asked) => {
      query = Object.fromEntries(asked.query)
      asked.response.end()
    })
    await fileSystem([url]).setXattr('/a', 'state', '0x"', mode)
    expect(query).toMatchObject({ 'xattr.name': 'user.state', 'xattr.value': '0sMHgi', flag })
  })

  it('come back as they were written, whatever is in them', async () => {
    const stored = new Map<string, string | null>()
    const { url } = await fakeServer(({ op, query, response }: Asked) => {
      if (op === 'SETXATTR') {
        const value = query.get('xattr.value') ?? ''
        stored.set(query.get('xattr.name') ?? '', value === '0s' ? null : value)
        response.end()
      } else {
        const XAttrs = [...stored].map(([name, value]) => ({ name, value }))
        json(response, 200, { XAttrs: [...XAttrs, { name: 'raw.x', value: '0sAA==' }] })
      }
    })
    const fs = fileSystem([url])
    const values = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(values, async (list) => {
        stored.clear()
        const wanted = new Map(list.map((value, i) => [`name${i}`, value]))
        for (const [name, value] of wanted) await fs.setXattr('/a', name, value, 'set')
        expect(await fs.getXattrs('/a')).toEqual(wanted)
      }),
      { numRuns: 50 },
    )
  })

  it('that are disabled on the cluster say so and how to enable them', async () => {
    const message =
      'The XAttr operation has been rejected.  Support for XAttrs has been disabled ' +
      'by setting dfs.namenode.xattrs.enabled to false.'
    const { url } = await fakeServer(({ response }) =>
      remoteException(response, 403, 'IOException', message),
    )
    const call = fileSystem([url]).getXattrs('/a')
    expect(await failureOf(call)).toMatchObject({
      name: 'UnsupportedServerError',
      action: 'stop-process',
    })
    await expect(call).rejects.toThrow('Set dfs.namenode.xattrs.enabled to true')
  })

  it('are undefined where there is nothing', async () => {
    const { url } = await fakeServer(({ response }) =>
      remoteException(response, 404, 'FileNotFoundException', 'cannot find /a'),
    )
    expect(await fileSystem([url]).getXattrs('/a')).toBeUndefined()
  })
})

describe('a path that is not absolute and plain', () => {
  it.each(['a', '', '/a/', '//a', '/a/../b', '/.', '/\uD800'])(
    '%j is refused before it is sent',
    async (path) => {
      const { url, asked } = await fakeServer(({ response }) => response.end())
      const fs = fileSystem([url])
      const refused = { name: 'RequestRefusedError', action: 'stop-partition', ambiguous: false }
      expect(await failureOf(fs.status(path))).toMatchObject(refused)
      expect(await failureOf(fs.upload(path, []))).toMatchObject(refused)
      expect(await failureOf(fs.rename('/a', path))).toMatchObject(refused)
      expect(asked).toEqual([])
    },
  )
})
