import { type Checklist, UnmetError } from './checklist.ts'
import type { Network } from './network.ts'

/** A server that has to be reached. */
export interface Server {
  readonly host: string
  readonly port: number
  /** What it is, for people: `broker`, `NameNode`. */
  readonly kind: string
  /** Where its address comes from, for who has to correct it. */
  readonly from: string
}

/** Whether the name resolves and the port takes connections: two steps. */
export async function checkReach(
  list: Checklist,
  network: Network,
  { host, port, kind, from }: Server,
): Promise<boolean> {
  const tcp = { name: 'TCP', about: `${kind} ${bracketed(host)}:${port}` }
  const resolved = await list.check({
    name: 'DNS',
    about: `${kind} ${host}`,
    otherwise: `Correct ${from}, or make the name known to this machine.`,
    look: async () => {
      const addresses = await network.resolve(host)
      if (addresses.length > 0) return addresses.join(', ')
      throw new UnmetError('no address', `Correct ${from}.`)
    },
  })
  if (!resolved) {
    list.skip(tcp.name, tcp.about, 'its name does not resolve')
    return false
  }
  return list.check({
    ...tcp,
    otherwise: `Check that the ${kind} runs, that ${from} has its port, and that no firewall is between.`,
    look: async () => {
      await network.connect(host, port)
      return 'connected'
    },
  })
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** `broker-1:9092` or `[::1]:9092`. */
export function splitHostPort(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':')
  return {
    host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'),
    port: Number(text.slice(colon + 1)),
  }
}
