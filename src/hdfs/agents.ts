import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { rememberingLookup } from './lookup.ts'

/** A NameNode closes a connection after 60 s without use and does not say so: be earlier. */
const idleMs = 30_000
const nameNodeSockets = { maxSockets: 32, maxFreeSockets: 8 }
/** A DataNode closes after every answer. How many uploads there are at once is the caller's choice. */
const dataNodeSockets = { maxSockets: 128 }

/** The sockets of one file system. */
export class Agents {
  readonly #nameNode = pairOf({ keepAlive: true, timeout: idleMs, ...nameNodeSockets })
  readonly #dataNode = pairOf({
    keepAlive: false,
    lookup: rememberingLookup(),
    ...dataNodeSockets,
  })

  toNameNode(url: string): HttpAgent {
    return this.#nameNode[schemeOf(url)]
  }

  toDataNode(url: string): HttpAgent {
    return this.#dataNode[schemeOf(url)]
  }

  destroy(): void {
    for (const { http, https } of [this.#nameNode, this.#dataNode]) {
      http.destroy()
      https.destroy()
    }
  }
}

function pairOf(options: ConstructorParameters<typeof HttpAgent>[0]) {
  return { http: new HttpAgent(options), https: new HttpsAgent(options) }
}

function schemeOf(url: string): 'http' | 'https' {
  return url.startsWith('https:') ? 'https' : 'http'
}
