import { startStack } from '../../stack/index.ts'
import { seededRandom } from '../simulation/random.ts'
import { endAll } from '../support/scope.ts'
import { World } from './world.ts'
import { OPERATOR_FAULTS } from './operator-faults.ts'
const pattern = new RegExp(process.argv[2] ?? '.')
const times = Number(process.argv[3] ?? 1)
const stack = await startStack({ kafkaProperties: { 'group.min.session.timeout.ms': '1000' } })
let bad = 0
for (const fault of OPERATOR_FAULTS.filter(({ name }) => pattern.test(name))) {
  for (let i = 0; i < times; i++) {
    const t = Date.now()
    try {
      const world = await World.open(stack, fault.options)
      const t1 = Date.now()
      await fault.strike(world, seededRandom(i + 1))
      const t2 = Date.now()
      await world.caughtUp()
      const verdict = await world.finish()
      const ok = verdict.lost === 0 && verdict.duplicated === 0 && verdict.problems.length === 0
      if (!ok) bad++
      console.log(ok ? 'ok  ' : 'BAD ', fault.name, `open ${t1 - t} strike ${t2 - t1} finish ${Date.now() - t2}`, ok ? `${verdict.records} ${verdict.files}` : verdict)
    } catch (error) {
      bad++
      console.log('FAIL', fault.name, Date.now() - t, String((error as Error).stack).split('\n').map((l) => l.slice(0, 330)).join('\n'))
      await endAll()
    }
  }
}
await endAll()
await stack.stop()
console.log('bad', bad)
process.exit(bad ? 1 : 0)
