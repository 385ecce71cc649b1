import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Kafka, logLevel } from '../../src/kafka/kafkajs.ts'
import { loadClass } from '../../src/kafka/patches/internals.ts'
import { responseSockets } from '../../src/kafka/sockets.ts'

interface Connection {
  connect(): Promise<unknown>
  disconnect(): Promise<unknown>
  send(protocol: object): Promise<Buffer>
}

const NewConnection = loadClass<new (options: object) => Connection>('network/connection.js')
const NewEncoder = loadClass<new () => object>('protocol/encoder.js')

/** A broker: `answer` gets each request's correlation id and writes what it likes. */
async function broker(answer: (correlationId: number, socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at)) {
        answer(bytes.readInt32BE(at + 8), socket)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function connectionTo(port: number): Promise<Connection> {
  const connection = new NewConnection({
    host: '127.0.0.1',
    port,
    logger: new Kafka({ brokers: [], logLevel: logLevel.NOTHING }).logger(),
    socketFactory: responseSockets(1_048_576),
    requestTimeout: 5_000,
    connectionTimeout: 2_000,
  })
  await connection.connect()
  onTestFinished(async () => void (await connection.disconnect()))
  return connection
}

function ask(connection: Connection): Promise<Buffer> {
  const encode = async () => new NewEncoder()
  return connection.send({
    request: { apiKey: 18, apiVersion: 0, apiName: 'Test', encode },
    response: { decode: async (bytes: Buffer) => bytes, parse: async (bytes: Buffer) => bytes },
  })
}

function response(correlationId: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(4 + body.length)
  head.writeInt32BE(correlationId, 4)
  return Buffer.concat([head, body])
}

test('kafkajs gets answers of all sizes, several in one piece and one in several', async () => {
  const bodies = [10, 3_000_000, 0, 5000, 70_000, 20].map((size, at) => Buffer.alloc(size, at + 1))
  const waiting: Buffer[] = []
  const port = await broker((correlationId, socket) => {
    waiting.push(response(correlationId, bodies[correlationId % bodies.length]!))
    if (waiting.length === bodies.length) socket.write(Buffer.concat(waiting.splice(0)))
  })
  const connection = await connectionTo(port)
  for (let round = 0; round < 3; round += 1) {
    const answers = await Promise.all(bodies.map(() => ask(connection)))
    expect(answers.map((bytes, at) => bytes.equals(bodies[at]!))).toEqual(bodies.map(() => true))
  }
})

test('a connection that ends amid an answer fails the request, and the next one is read afresh', async () => {
  let half = true
  const port = await broker((correlationId, socket) => {
    const whole = response(correlationId, Buffer.alloc(200_000, 7))
    if (half) socket.end(whole.subarray(0, 100_000))
    else socket.write(whole)
  })
  const connection = await connectionTo(port)
  await expect(ask(connection)).rejects.toThrow('Closed connection')
  half = false
  await connection.connect()
  expect((await ask(connection)).equals(Buffer.alloc(200_000, 7))).toBe(true)
})

test('a length that cannot be ends the connection', async () => {
  const port = await broker((_, socket) => void socket.write(Buffer.alloc(16, 0xff)))
  await expect(ask(await connectionTo(port))).rejects.toThrow('a response of -1 bytes')
})

test('a refused connection says so', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  await expect(connectionTo(port)).rejects.toThrow('ECONNREFUSED')
})
