import { expect, it } from 'vitest'
import { read, repositoryFiles } from './source-files.ts'

it('the build copies every file of src/ that is no TypeScript', () => {
  const { build } = JSON.parse(read('package.json')).scripts
  const others = repositoryFiles().filter((path) => /^src\/.*(?<!\.ts)$/.test(path))
  expect(others.length).toBeGreaterThan(0)
  const missing = others.filter((path) => {
    const glob = path.replace(/[^/]+(\.\w+)$/, '*$1')
    return !build.includes(` ${glob} `)
  })
  expect(missing).toEqual([])
})
