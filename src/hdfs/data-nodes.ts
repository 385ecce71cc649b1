import { jsonOf, objectOf } from '../core/json-object.ts'

/** How long a DataNode that refused a connection is not asked for again. */
const excludedForMs = 60_000

/**
 * DataNodes that did not take a connection. The NameNode goes on naming one that died until its
 * heartbeats are overdue, which by default takes ten minutes.
 */
export class UnreachableDataNodes {
  readonly #until = new Map<string, number>()

  /** As the parameter excludedatanodes has it: IP:transferPort, with commas between. */
  get excluded(): string {
    const now = performance.now()
    for (const [address, until] of this.#until) if (until <= now) this.#until.delete(address)
    return [...this.#until.keys()].join(',')
  }

  add(address: string): void {
    this.#until.set(address, performance.now() + excludedForMs)
  }

  clear(): void {
    this.#until.clear()
  }
}

/**
 * IP:transferPort of the DataNode that has this HTTP address (host:port), from the NameNode's
 * NameNodeInfo bean; undefined when it is not listed. Excluding takes no host names and no HTTP
 * ports, and the redirect has nothing else.
 */
export function transferAddressOf(httpAddress: string, jmx: string): string | undefined {
  const beans = jsonOf(jmx)?.beans
  const live = objectOf(Array.isArray(beans) ? beans[0] : undefined)?.LiveNodes
  if (typeof live !== 'string') return undefined
  const [host, port] = splitAddress(httpAddress)
  for (const [name, value] of Object.entries(jsonOf(live) ?? {})) {
    const { infoAddr, infoSecureAddr, xferaddr } = objectOf(value) ?? {}
    if (typeof xferaddr !== 'string') continue
    const hosts = [splitAddress(name)[0], splitAddress(xferaddr)[0]]
    const ports = [infoAddr, infoSecureAddr].map((address) => splitAddress(String(address))[1])
    if (hosts.includes(host) && ports.includes(port)) return xferaddr
  }
  return undefined
}

/**
 * Whether a file may be sent to this address, or read from it. Each of `allowed` is host, host:port,
 * or *.domain for all names below it; undefined allows wherever the NameNode says.
 */
export function isAllowedDataNode(url: URL, allowed: readonly string[] | undefined): boolean {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false
  if (allowed === undefined) return true
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return allowed.some((each) => {
    const [, host = each, onlyPort = port] = /^(.*?)(?::(\d+))?$/.exec(each) ?? []
    const isHost = host.startsWith('*.')
      ? url.hostname.endsWith(host.slice(1).toLowerCase())
      : url.hostname === host.toLowerCase()
    return isHost && onlyPort === port
  })
}

function splitAddress(address: string): [host: string, port: string] {
  const colon = address.lastIndexOf(':')
  return [address.slice(0, colon), address.slice(colon + 1)]
}
