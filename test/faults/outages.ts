import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Stack } from '../../stack/index.ts'

/** Takes something away; what it returns brings it back. */
export type Outage = (stack: Stack) => Promise<() => Promise<void>>

type Server = 'nameNode' | 'dataNode' | 'kafka'

export function killed(server: Server): Outage {
  return async ({ [server]: daemon }) => {
    await daemon.kill()
    return () => daemon.start()
  }
}

export function stopped(server: Server): Outage {
  return async ({ [server]: daemon }) => {
    await daemon.stop()
    return () => daemon.start()
  }
}

/** Its connections stay open, and nothing answers. */
export function frozen(server: Server): Outage {
  return async ({ [server]: daemon }) => {
    await daemon.pause()
    return () => daemon.resume()
  }
}

const DFS_ADMIN = 'org.apache.hadoop.hdfs.tools.DFSAdmin'

export async function safeMode(stack: Stack): Promise<() => Promise<void>> {
  const change = async (to: 'enter' | 'leave') => {
    const { exitCode, stderr } = await stack.hadoop(DFS_ADMIN, ['-safemode', to])
    if (exitCode !== 0) throw new Error(`-safemode ${to}: ${stderr}`)
  }
  await change('enter')
  return () => change('leave')
}

export async function bothKilled({ nameNode, dataNode }: Stack): Promise<() => Promise<void>> {
  await Promise.all([nameNode.kill(), dataNode.kill()])
  return async () => void (await Promise.all([nameNode.start(), dataNode.start()]))
}

/** More than any disk has. */
const ALL_BYTES = 2 ** 60

/**
 * The DataNode has no room: all of its disk is reserved for others. It reads that when it starts,
 * and the NameNode finds nobody for a block.
 */
export async function diskFull(stack: Stack): Promise<() => Promise<void>> {
  const file = path.join(stack.directory, 'hdfs/conf/hdfs-site.xml')
  const before = await readFile(file, 'utf8')
  const reserved = `<property><name>dfs.datanode.du.reserved</name><value>${ALL_BYTES}</value></property>`
  await writeFile(file, before.replace('</configuration>', `${reserved}</configuration>`))
  await restart(stack)
  return async () => {
    await writeFile(file, before)
    await restart(stack)
  }
}

async function restart({ dataNode }: Stack): Promise<void> {
  await dataNode.kill()
  await dataNode.start()
}
