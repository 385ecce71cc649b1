import { EventEmitter } from 'node:events'
import { type IncomingMessage, request as requestByHttp } from 'node:http'
import { request as requestByHttps } from 'node:https'
import { Readable } from 'node:stream'
import type { Callback, HttpExchange, RequestOptions } from 'webhdfs'

/**
 * One HTTP request, as the package webhdfs would send it through its own client, for two thirds of the
 * CPU time: of a flush of few records most of the time goes there. No redirects, no proxies, no cookies.
 * `done` is called once: with the whole answer, or with the first error.
 */
export function sendHttp(
  method: string,
  url: string,
  { agent, body, headers }: RequestOptions,
  done: Callback,
): HttpExchange {
  const exchange = new Exchange()
  const send = url.startsWith('https:') ? requestByHttps : requestByHttp
  const outgoing = send(url, { method, headers: headers ?? {}, ...(agent && { agent }) })
  exchange.abort = () => {
    // Nobody listens any more.
    outgoing.on('error', () => undefined)
    outgoing.destroy()
  }
  let isDone = false
  const end: Callback = (...outcome) => {
    if (isDone) return
    isDone = true
    done(...outcome)
  }
  outgoing.on('socket', (socket) => exchange.emit('socket', socket))
  outgoing.on('error', (error) => end(error))
  outgoing.on('response', (response) => {
    exchange.response = response
    receive(response, exchange, end)
  })
  if (body instanceof Readable) body.pipe(outgoing)
  else outgoing.end(body)
  return exchange
}

class Exchange extends EventEmitter {
  response?: IncomingMessage
  abort = (): void => undefined
}

function receive(response: IncomingMessage, exchange: Exchange, end: Callback): void {
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    exchange.emit('data', chunk)
  })
  response.on('error', (error) => end(error))
  response.on('end', () => {
    const text = Buffer.concat(chunks).toString()
    exchange.emit('complete', response, text)
    end(null, response, text)
  })
}
