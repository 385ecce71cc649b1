import type { WorldAction, WorldView } from './actions.ts'
import type { Random } from './random.ts'
import type { Refusal } from './sim-name-nodes.ts'

/*
 * Failovers and outages of HDFS. Nothing here may cost a record, or stop a partition.
 */

const REFUSALS: readonly Refusal[] = [
  'safe-mode',
  'permission',
  'quota',
  'no-data-node',
  'no-joining',
]

export const NAME_NODE_ACTIONS: readonly WorldAction[] = [
  { name: 'edits are synced', weight: 20, act: syncSome },
  { name: 'failover', weight: 8, act: failover },
  { name: 'no NameNode is active', weight: 3, act: loseActive },
  { name: 'a NameNode becomes active', weight: 20, act: activateOne },
  { name: 'a NameNode restarts or is told', weight: 6, act: restartOne },
  { name: 'a standby answers reads', weight: 3, act: observe },
  { name: 'changes are refused', weight: 3, act: refuse },
  { name: 'changes are taken again', weight: 12, act: accept },
  { name: 'an upload is cut without a word', weight: 6, act: cutUpload },
]

function syncSome({ hdfs }: WorldView, random: Random): boolean {
  if (hdfs.unsynced === 0) return false
  hdfs.sync(1 + random.int(hdfs.unsynced))
  return true
}

/** The old one is killed, told or cut off; the new one begins at once. */
function failover(world: WorldView, random: Random): boolean {
  return world.hdfs.names.length > 1 && loseActive(world, random) && activateOne(world, random)
}

function loseActive({ hdfs }: WorldView, random: Random): boolean {
  if (hdfs.active === undefined) return false
  // One that is told writes down all that it has.
  if (random.chance(0.25)) return hdfs.depose('standby', hdfs.unsynced)
  const to = random.chance(0.6) ? 'cut-off' : 'down'
  return hdfs.depose(to, random.int(hdfs.unsynced + 1))
}

function activateOne({ hdfs }: WorldView, random: Random): boolean {
  if (hdfs.active !== undefined) return false
  const ready = hdfs.names.filter((name) => ['standby', 'observer'].includes(hdfs.stateOf(name)))
  hdfs.activate(ready.length > 0 ? random.pick(ready) : random.pick(hdfs.names))
  return true
}

function restartOne({ hdfs }: WorldView, random: Random): boolean {
  return hdfs.restart(random.pick(hdfs.names))
}

function observe({ hdfs }: WorldView, random: Random): boolean {
  return hdfs.observe(random.pick(hdfs.names))
}

function refuse({ hdfs }: WorldView, random: Random): boolean {
  if (hdfs.refusal !== undefined) return false
  hdfs.refusal = random.pick(REFUSALS)
  return true
}

function accept({ hdfs }: WorldView): boolean {
  if (hdfs.refusal === undefined) return false
  hdfs.refusal = undefined
  return true
}

function cutUpload({ hdfs }: WorldView): boolean {
  if (hdfs.cutUploads > 0) return false
  hdfs.cutUploads = 1
  return true
}
