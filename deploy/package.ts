/**
 * Packs what users install, after `npm run build`; arguments go to `npm pack`. webhdfs is bundled with
 * the stand-in for its `request`, because overrides do not reach whoever installs the package. Only
 * here, for a moment: with it in package.json `npm sbom` and `npm ls` take the stand-in for invalid.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')
const file = path.join(root, 'package.json')
const original = readFileSync(file, 'utf8')
const bundling = { ...JSON.parse(original), bundleDependencies: ['webhdfs'] }
try {
  writeFileSync(file, `${JSON.stringify(bundling, undefined, 2)}\n`)
  execFileSync('npm', ['pack', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
} finally {
  writeFileSync(file, original)
}
