/**
 * Writes the bill of materials of what runs, as CycloneDX, to standard output. It is npm's own without
 * the packages that are for development only. Not by `npm sbom --omit=dev`: that (npm 11) leaves out
 * those too that run and that a tool asks for as well, yaml for one.
 */
import { execFileSync } from 'node:child_process'
import { z } from 'zod'

const billOfMaterials = z.looseObject({
  metadata: z.looseObject({ component: z.looseObject({ 'bom-ref': z.string() }) }),
  components: z.array(
    z.looseObject({
      'bom-ref': z.string(),
      properties: z.array(z.object({ name: z.string(), value: z.string() })),
    }),
  ),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()) })),
})

type BillOfMaterials = z.output<typeof billOfMaterials>

const DEVELOPMENT = 'cdx:npm:package:development'
const MOST_BYTES = 64 * 1024 * 1024

function whatRuns(bill: BillOfMaterials): BillOfMaterials {
  const root = bill.metadata.component
  const components = bill.components.filter(
    ({ properties }) =>
      !properties.some(({ name, value }) => name === DEVELOPMENT && value === 'true'),
  )
  const kept = new Set([root['bom-ref'], ...components.map((component) => component['bom-ref'])])
  const dependencies = bill.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map((each) => ({ ...each, dependsOn: each.dependsOn.filter((ref) => kept.has(ref)) }))
  // npm calls it after the folder that it lies in.
  const component = { ...root, name: root['bom-ref'].replace(/@[^@]*$/, '') }
  return { ...bill, metadata: { ...bill.metadata, component }, components, dependencies }
}

const args = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application']
const made = execFileSync('npm', args, {
  maxBuffer: MOST_BYTES,
  stdio: ['ignore', 'pipe', 'inherit'],
})
const bill = whatRuns(billOfMaterials.parse(JSON.parse(made.toString())))
process.stdout.write(`${JSON.stringify(bill, undefined, 2)}\n`)
