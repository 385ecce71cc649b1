import { SinkError } from '../core/errors.ts'

/** The address for metrics and health cannot be listened on. */
export class HttpListenError extends SinkError {
  readonly action = 'stop-process'
  readonly host: string
  readonly port: number
  /** As the operating system calls it, e.g. EADDRINUSE. */
  readonly code: string
  constructor(host: string, port: number, cause: unknown) {
    const code = codeOf(cause)
    super(`Cannot listen on ${host}:${port} (http.host, http.port): ${explain(code)}`, { cause })
    this.host = host
    this.port = port
    this.code = code
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}

function explain(code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'another process holds this port. End it, or choose another http.port (0 takes a free one).'
    case 'EACCES':
      return 'this user may not use this port. Choose an http.port of 1024 or more.'
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address. Set http.host to one of its own, or to 0.0.0.0.'
    default:
      return `${code}.`
  }
}
