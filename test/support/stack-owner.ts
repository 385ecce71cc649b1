// A process that owns a stack, for tests that kill it: prints its addresses and process ids as one
// line of JSON, then lives until it is killed.
import { startStack } from '../../stack/index.ts'

const stack = await startStack()
const daemons = [stack.kafka, stack.nameNode, stack.dataNode]
const pids = daemons.flatMap((daemon) => daemon.pid ?? [])
console.log(JSON.stringify({ pids, brokers: stack.brokers, directory: stack.directory }))
