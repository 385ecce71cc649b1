import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { createFileSystem, type FileSystemOptions } from '../../src/hdfs/file-system.ts'

/** An HTTP server on a free port of this machine, for what no real daemon does on demand. */
export interface FakeServer {
  readonly url: string
  readonly host: string
  /** What was asked, as "METHOD op path". */
  readonly asked: string[]
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>
  close(): Promise<void>
}

export interface Asked {
  readonly op: string
  readonly path: string
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

export async function fakeServer(handle: (asked: Asked) => void): Promise<FakeServer> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://any')
    const path = decodeURIComponent(pathname.replace(/^\/webhdfs\/v1/, ''))
    const op = query.get('op') ?? pathname
    asked.push(`${request.method} ${op} ${path}`)
    handle({ op, path, query, request, response })
  })
  const sockets = trackSockets(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return serverOf(server, asked, sockets)
}

/** A server below HTTP: for answers that break off. */
export async function rawServer(handle: (socket: Socket) => void): Promise<FakeServer> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    handle(socket)
  })
  const sockets = trackSockets(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return serverOf(server, [], sockets)
}

type Listener = ReturnType<typeof createTcpServer>

function trackSockets(server: Listener): Set<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

function serverOf(server: Listener, asked: string[], sockets: Set<Socket>): FakeServer {
  const host = `localhost:${(server.address() as AddressInfo).port}`
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((closed) => server.close(closed))
  }
  onTestFinished(close)
  return { url: `http://${host}`, host, asked, sockets, close }
}

/** An address where nobody listens. */
export async function nobody(): Promise<string> {
  const server = await rawServer(() => {})
  await server.close()
  return server.host
}

export function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

export function remoteException(
  response: ServerResponse,
  status: number,
  exception: string,
  message = exception,
): void {
  json(response, status, { RemoteException: { exception, javaClassName: exception, message } })
}

export const standby = (response: ServerResponse): void =>
  remoteException(response, 403, 'StandbyException', 'not supported in state standby')

export function fileStatus(length: number, name = '', type = 'FILE') {
  return { pathSuffix: name, type, length, fileId: 16_400, modificationTime: 1 }
}

/** CREATE's first step: names `host` as the DataNode. */
export function redirectTo(host: string, { path, response }: Asked, more = ''): void {
  const options = `op=CREATE&createparent=false&overwrite=false${more}`
  json(response, 200, { Location: `http://${host}/webhdfs/v1${encodeURI(path)}?${options}` })
}

export const silentLog = { debug() {}, info() {}, warn() {}, error() {} }

/** The file system under test, with limits that suit a test. */
export function fileSystem(urls: readonly string[], more: Partial<FileSystemOptions> = {}) {
  const fs = createFileSystem({
    urls,
    user: 'sink',
    requestTimeoutMs: 2000,
    uploadIdleTimeoutMs: 2000,
    logger: silentLog,
    ...more,
  })
  onTestFinished(() => fs.close())
  return fs
}

/** What a call failed with, reduced to these of its fields. */
export async function failureOf(call: Promise<unknown>): Promise<Record<string, unknown>> {
  const error = await call.then(
    (value) => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`)
    },
    (reason: unknown) => reason,
  )
  if (!(error instanceof Error) || !('action' in error)) throw error
  const { name, action, ambiguous, status, exception } = error as Error & Record<string, unknown>
  return { name, action, ambiguous, status, exception }
}
