import { connect, type Socket } from 'node:net'
import type { ISocketFactory } from 'kafkajs'
import { defaultSocketFactory } from './kafkajs.ts'
import { ResponseBuffers } from './response-buffers.ts'
import { ResponseReader } from './response-reader.ts'

const KEEP_ALIVE_DELAY_MS = 60_000

/**
 * Opens connections to brokers. Node reads a socket into a fresh 64 KiB each time, and kafkajs joins
 * these in fresh memory; here the kernel writes each response into its place, and kafkajs gets it as
 * a whole. With TLS the bytes come from the decryption anyway: such a socket is read as usual.
 * `keepBytes` of memory are kept for responses to come.
 */
export function responseSockets(keepBytes: number): ISocketFactory {
  const ordinary = defaultSocketFactory()
  const buffers = new ResponseBuffers(keepBytes)
  return (request) => {
    if (request.ssl) return ordinary(request)
    const { host, port, onConnect } = request
    const reader = new ResponseReader(buffers, (response) => socket.emit('data', response))
    const socket: Socket = connect(
      {
        host,
        port,
        onread: {
          buffer: () => reader.nextBuffer(),
          callback: (byteLength) => {
            take(reader, byteLength, socket)
            return true
          },
        },
      },
      onConnect,
    )
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
    return socket
  }
}

function take(reader: ResponseReader, byteLength: number, socket: Socket): void {
  try {
    reader.received(byteLength)
  } catch (error) {
    socket.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}
