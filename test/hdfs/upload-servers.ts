import type { IncomingMessage } from 'node:http'
import { type Asked, fakeServer, fileStatus, json, redirectTo } from './fake-servers.ts'

/* A file to upload, and the servers that take it. */

export const file = [Buffer.from('red,'), Buffer.from('파랑,'), Buffer.from('green')]
export const bytes = Buffer.concat(file)

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** A NameNode that names this DataNode and then sees a file of this length. */
export function nameNodeFor(host: string, length: number = bytes.length, more = '') {
  return fakeServer((asked) =>
    asked.op === 'CREATE'
      ? redirectTo(host, asked, more)
      : json(asked.response, 200, { FileStatus: fileStatus(length) }),
  )
}

export function dataNode(answer: (asked: Asked, body: Buffer) => void) {
  return fakeServer(async (asked) => answer(asked, await bodyOf(asked.request)))
}

export function created({ response }: Asked): void {
  response.writeHead(201, { connection: 'close' }).end()
}
