// A member that lives in a worker thread of its own, for a test that lets it die without a word.
import { parentPort, workerData } from 'node:worker_threads'
import { createGroupMember } from '../../src/kafka/group-member.ts'

const ignore = () => undefined
const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

await createGroupMember({ ...workerData, logger }).start({
  assigned: ignore,
  revoking: async () => undefined,
  heartbeat: (membership) => parentPort?.postMessage(membership),
  records: ignore,
  outOfRange: ignore,
  crashed: ignore,
})
