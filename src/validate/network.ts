import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'

/** What the checks ask of the network, each within a bounded time. */
export interface Network {
  /** Addresses of a name; an address is its own. */
  resolve(host: string): Promise<readonly string[]>
  /** Resolves when a connection came about; it is closed again. */
  connect(host: string, port: number): Promise<void>
}

/** The network of this machine. */
export function realNetwork(timeoutMs: number): Network {
  return {
    resolve: async (host) => {
      const found = lookup(host, { all: true })
      const late = `no answer of the resolver within ${timeoutMs} ms`
      return (await within(found, timeoutMs, late)).map(({ address }) => address)
    },
    connect: (host, port) =>
      new Promise((resolve, reject) => {
        const socket = connect({ host, port })
        const end = (error?: Error) => {
          socket.destroy()
          if (error === undefined) resolve()
          else reject(error)
        }
        socket.setTimeout(timeoutMs, () => end(new Error(`no answer within ${timeoutMs} ms`)))
        socket.once('connect', () => end())
        socket.once('error', end)
      }),
  }
}

async function within<T>(promise: Promise<T>, timeoutMs: number, late: string): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(late)), timeoutMs)
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
