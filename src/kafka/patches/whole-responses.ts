import { wrapMethod } from './internals.ts'

/*
 * kafkajs keeps what is left of its input after a response, also when that is nothing, and joins it
 * with what comes next: with responses that come as a whole it would copy each of them. And it keeps
 * the half of a response that a broken connection left behind, and takes it for the beginning of
 * what the next connection brings.
 */

const CONNECTION = 'network/connection.js'
const SIZE_BYTES = 4

interface Connection {
  bytesBuffered: number
  bytesNeeded: number
  chunks: Buffer[]
  isConnected(): boolean
}

export function installWholeResponses(): void {
  wrapMethod<Connection, [Buffer], void>(
    CONNECTION,
    'processData',
    (processData) =>
      function processWithoutCopy(bytes) {
        if (this.bytesBuffered === 0) this.chunks = []
        processData.call(this, bytes)
      },
  )

  wrapMethod<Connection, [], Promise<unknown>>(
    CONNECTION,
    'connect',
    (connect) =>
      function connectWithNothingLeft() {
        if (!this.isConnected()) {
          this.chunks = []
          this.bytesBuffered = 0
          this.bytesNeeded = SIZE_BYTES
        }
        return connect.call(this)
      },
  )
}
