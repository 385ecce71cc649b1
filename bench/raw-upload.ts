/**
 * The ceiling of uploads: writes files of the same sizes by WebHDFS and does nothing else. Runs as a
 * process of its own, so that its CPU time is its own, and prints one line of JSON.
 *
 *   node bench/raw-upload.ts <url> <user> <directory> <files> <bytes per file> <at once>
 */
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import PQueue from 'p-queue'

const [url = '', user = '', directory = '', files = '', bytes = '', atOnce = ''] =
  process.argv.slice(2)
const agent = new Agent({ keepAlive: true })
const chunk = Buffer.alloc(Math.min(1024 * 1024, Number(bytes)), 'x')

async function put(target: string, body: number | undefined, keepAlive: boolean) {
  const headers = body === undefined ? {} : { 'content-length': body }
  const sent = request(target, { method: 'PUT', headers, ...(keepAlive ? { agent } : {}) })
  for (let left = body ?? 0; left > 0; left -= chunk.length) {
    const piece = left >= chunk.length ? chunk : chunk.subarray(0, left)
    if (!sent.write(piece)) await once(sent, 'drain')
  }
  sent.end()
  const [response] = await once(sent, 'response')
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part)
  if (response.statusCode >= 300) throw new Error(`${response.statusCode} ${Buffer.concat(parts)}`)
  return Buffer.concat(parts).toString()
}

async function upload(n: number): Promise<void> {
  const path = `${url}/webhdfs/v1${directory}/${n}`
  const create = `${path}?op=CREATE&noredirect=true&overwrite=false&user.name=${user}`
  const { Location } = JSON.parse(await put(create, undefined, true)) as { Location: string }
  await put(Location, Number(bytes), false)
}

const queue = new PQueue({ concurrency: Number(atOnce) })
const startedMs = performance.now()
await Promise.all(Array.from({ length: Number(files) }, (_, n) => queue.add(() => upload(n))))
const seconds = (performance.now() - startedMs) / 1000
const { user: userMicros, system } = process.cpuUsage()
const mib = (Number(files) * Number(bytes)) / 2 ** 20
const cpuSeconds = (userMicros + system) / 1e6
console.log(JSON.stringify({ seconds, mibPerSecond: mib / seconds, cpuSeconds }))
agent.destroy()
