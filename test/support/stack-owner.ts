// A process that owns a stack, for tests that kill it: prints its addresses and process ids as one
// line of JSON, then lives until it is killed.
import { startStack } from '../../stack/index.ts'

const stack = await startStack({ kind: 'jars' })
const pids = [stack.kafka, stack.nameNode, stack.dataNode].map((daemon) => daemon.pid)
console.log(JSON.stringify({ pids, directory: stack.directory }))
