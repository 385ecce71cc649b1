import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { configActions } from '../src/cli-config.ts'
import { renderStarter } from '../src/config/starter.ts'

let directory = ''
let err = ''

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sink-init-'))
  err = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += text
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  rmSync(directory, { recursive: true })
})

it('config init writes a file, and says what to do next', async () => {
  const file = path.join(directory, 'sink.yaml')
  expect(await configActions.initConfig(file)).toBe(0)
  expect(readFileSync(file, 'utf8')).toBe(renderStarter())
  expect(err).toContain(`validate --config ${file}`)
})

it('config init never writes over a file', async () => {
  const file = path.join(directory, 'mine.yaml')
  writeFileSync(file, 'mine')
  expect(await configActions.initConfig(file)).toBe(1)
  expect(readFileSync(file, 'utf8')).toBe('mine')
  expect(err).toContain('is there already')
  expect(await configActions.initConfig(path.join(directory, 'no', 'where.yaml'))).toBe(1)
  expect(err).toContain('ENOENT')
})
