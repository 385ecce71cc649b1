import { connect } from 'node:net'

const FIND_COORDINATOR = 10
const VERSION = 1
const GROUP = 'stack-readiness'
const TIMEOUT_MS = 5_000
// size, correlation id, throttle time: then the error code.
const ERROR_CODE_AT = 12

/**
 * Whether the broker at host:port names a coordinator for a consumer group: the last thing that a
 * starting broker learns to do. One request by hand: no client's retries or caches are in the way.
 */
export function coordinatorAnswers(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':')
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port) })
    let answer = Buffer.alloc(0)
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')))
    socket.once('connect', () => socket.write(findCoordinatorRequest(GROUP)))
    socket.on('data', (bytes) => {
      answer = Buffer.concat([answer, bytes])
      if (answer.length < ERROR_CODE_AT + 2) return
      resolve(answer.readInt16BE(ERROR_CODE_AT) === 0)
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(false))
  })
}

function findCoordinatorRequest(group: string): Buffer {
  const name = Buffer.from(group)
  const request = Buffer.alloc(4 + 10 + 2 + name.length + 1)
  request.writeInt32BE(request.length - 4, 0)
  request.writeInt16BE(FIND_COORDINATOR, 4)
  request.writeInt16BE(VERSION, 6)
  request.writeInt32BE(1, 8) // correlation id
  request.writeInt16BE(-1, 12) // no client id
  request.writeInt16BE(name.length, 14)
  name.copy(request, 16) // the last byte stays 0: the key is a group
  return request
}
