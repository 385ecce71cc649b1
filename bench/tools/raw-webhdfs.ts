import { once } from 'node:events'
import { Agent, request } from 'node:http'

/** WebHDFS with nothing around it: no checks, no retries. */
export class RawWebHdfs {
  readonly #url: string
  readonly #user: string
  readonly #agent = new Agent({ keepAlive: true })

  constructor(url: string, user: string) {
    this.#url = url
    this.#user = user
  }

  close(): void {
    this.#agent.destroy()
  }

  /** A request to the NameNode; resolves with its answer's body. */
  async ask(method: string, path: string, op: string, params = ''): Promise<string> {
    const target = `${this.#url}/webhdfs/v1${path}?op=${op}&user.name=${this.#user}${params}`
    return await send(request(target, { method, agent: this.#agent }))
  }

  /** CREATE in its two steps: the NameNode names a DataNode, and that takes the bytes. */
  async create(path: string, chunks: readonly Buffer[]): Promise<void> {
    const params = '&noredirect=true&overwrite=false'
    const { Location } = JSON.parse(await this.ask('PUT', path, 'CREATE', params)) as {
      Location: string
    }
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const sent = request(Location, { method: 'PUT', headers: { 'content-length': size } })
    await send(sent, chunks)
  }
}

async function send(
  sent: ReturnType<typeof request>,
  chunks: readonly Buffer[] = [],
): Promise<string> {
  // Listened for before the body is written: an answer may come in the middle of it.
  const answered = once(sent, 'response')
  for (const chunk of chunks) {
    if (!sent.write(chunk)) await Promise.race([once(sent, 'drain'), answered])
  }
  sent.end()
  const [response] = await answered
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part)
  const body = Buffer.concat(parts).toString()
  if (response.statusCode >= 300) throw new Error(`${response.statusCode} ${body}`)
  return body
}
