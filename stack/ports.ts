import { randomInt } from 'node:crypto'
import getPort, { portNumbers } from 'get-port'

// Below the ranges from which Linux and macOS take the ports of outgoing connections: a daemon that
// is stopped for a while must find its port free when it comes back.
const FIRST = 20_000
const LAST = 29_999
const TRIED_IN_A_ROW = 100

/** A port that is free now, another one each time, by chance: other stacks look for some too. */
export async function freePort(): Promise<number> {
  const from = randomInt(FIRST, LAST - TRIED_IN_A_ROW)
  return await getPort({ port: portNumbers(from, from + TRIED_IN_A_ROW) })
}
