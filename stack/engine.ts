import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { homedir } from 'node:os'
import path from 'node:path'

const PROBE_TIMEOUT_MS = 1_500

/** Where a Docker engine may listen, most likely first. DOCKER_HOST, when set, is the only one. */
export function engineAddresses(
  environment: NodeJS.ProcessEnv = process.env,
  home: string = homedir(),
): string[] {
  const host = environment.DOCKER_HOST
  if (host !== undefined && host !== '') return [host]
  const runtime = environment.XDG_RUNTIME_DIR
  return [
    '/var/run/docker.sock',
    ...(runtime === undefined ? [] : [path.join(runtime, 'docker.sock')]),
    path.join(home, '.docker/run/docker.sock'),
    path.join(home, '.docker/desktop/docker.sock'),
  ].map((socket) => `unix://${socket}`)
}

/** Whether an engine answers at one of these addresses, found out in under 2 s. */
export async function dockerEngineAnswers(
  addresses: readonly string[] = engineAddresses(),
): Promise<boolean> {
  const answers = await Promise.all(addresses.map(ping))
  return answers.includes(true)
}

function ping(address: string): Promise<boolean> {
  const target = requestTarget(address)
  if (target === undefined) return Promise.resolve(false)
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS)
    const probe = request({ ...target, path: '/_ping', signal }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    probe.once('error', () => resolve(false))
    probe.end()
  })
}

/** Undefined where there is surely none. An ssh:// or TLS address is not probed: say STACK=containers. */
function requestTarget(
  address: string,
): { socketPath: string } | { host: string; port: number } | undefined {
  const url = URL.parse(address)
  if (url?.protocol === 'unix:') {
    return existsSync(url.pathname) ? { socketPath: url.pathname } : undefined
  }
  if (url?.protocol !== 'tcp:' && url?.protocol !== 'http:') return undefined
  return { host: url.hostname, port: Number(url.port || '2375') }
}
