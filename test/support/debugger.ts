/** What Node's inspector says when it is asked to attach. */
interface Message {
  readonly method?: string
  readonly params?: { readonly sessionId?: string }
}

/**
 * Runs an expression in one worker thread of a Node process, as a debugger would: the only way to
 * reach a single thread from outside. Resolves when that thread has ended. `address` is what Node
 * prints when it listens for debuggers.
 */
export async function evaluateInWorker(address: string, expression: string): Promise<void> {
  const socket = new WebSocket(address)
  const send = (id: number, method: string, params: object): void =>
    socket.send(JSON.stringify({ id, method, params }))
  let told = false
  try {
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('error', () => reject(new Error(`no debugger at ${address}`)))
      socket.addEventListener('open', () => {
        send(1, 'NodeWorker.enable', { waitForDebuggerOnStart: false })
      })
      socket.addEventListener('message', ({ data }) => {
        const { method, params } = JSON.parse(String(data)) as Message
        if (method === 'NodeWorker.detachedFromWorker') resolve()
        if (method !== 'NodeWorker.attachedToWorker' || told) return
        told = true
        const message = { id: 1, method: 'Runtime.evaluate', params: { expression } }
        const { sessionId } = params ?? {}
        send(2, 'NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify(message) })
      })
    })
  } finally {
    socket.close()
  }
}
