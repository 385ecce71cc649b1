import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { read, repository } from '../conformance/source-files.ts'

const bill = z.object({
  bomFormat: z.literal('CycloneDX'),
  components: z.array(
    z.object({ name: z.string(), version: z.string(), purl: z.string().startsWith('pkg:npm/') }),
  ),
})

it('the bill of materials has every package that runs, in its version, and no tool', () => {
  const text = execFileSync('npm', ['run', '--silent', 'sbom'], {
    cwd: repository,
    timeout: 30_000,
  })
  const { components } = bill.parse(JSON.parse(text.toString()))
  const found = new Map(components.map(({ name, version }) => [name, version]))
  const { dependencies, devDependencies } = JSON.parse(read('package.json'))
  for (const [name, version] of Object.entries(dependencies)) {
    expect([name, found.get(name)]).toEqual([name, version])
  }
  expect(Object.keys(devDependencies).filter((name) => found.has(name))).toEqual([])
  expect(components.length).toBeLessThan(150)
  // What webhdfs asks for is replaced: the package itself must not come back.
  expect(components.filter(({ purl }) => purl.startsWith('pkg:npm/request@'))).toEqual([])
}, 40_000)
