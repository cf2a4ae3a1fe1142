import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { GatewayError } from '../errors.js'
import { problemBody } from './problem.js'

/** What Node's HTTP server hands to `clientError`: a parser's complaint, a timeout, or what befell the socket. */
export interface ReadingError extends Error {
  readonly code?: string
  /** What arrived last, for complaints of the parser. */
  readonly rawPacket?: Buffer
}

/** A request line that was still without an end. */
const unendedTarget = /^(?:\r?\n)*[A-Z-]{1,20} +[^\s]*$/

/** The error that a client is told of; `undefined` where there is nobody to tell. */
export function readingProblem({ code = '', rawPacket }: ReadingError): GatewayError | undefined {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('CLIENT_TOO_SLOW', { detail: 'The header did not arrive in time.' })
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayError(
        rawPacket !== undefined && unendedTarget.test(rawPacket.toString('latin1')) ? 'URL_TOO_LONG' : 'HEADERS_TOO_LARGE',
      )
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new GatewayError('BODY_TOO_LARGE', { detail: 'The chunk extensions are too long.' })
    case 'HPE_INVALID_EOF_STATE':
      return undefined // the client left in the middle
    default:
      return code.startsWith('HPE_') ? new GatewayError('INVALID_REQUEST', { detail: 'The request is not HTTP/1.1.' }) : undefined
  }
}

/**
 * Ends a connection on which no further request can be read. `last` is the newest of its answers that has not gone out.
 *
 * A request that was read whole keeps its answer, and the connection ends behind it. Where the request that `last` answers is itself
 * what can't be read, its call is broken off with the connection, so that no service takes a part of it for the whole.
 */
export function endUnreadable(error: ReadingError, socket: Socket, last: ServerResponse | undefined): void {
  if (last !== undefined && (last.req.complete || last.writableEnded)) {
    if (!last.headersSent) last.shouldKeepAlive = false
    last.once('close', () => {
      socket.destroySoon()
    })
    return
  }
  const problem = readingProblem(error)
  if (problem === undefined || !socket.writable || last?.headersSent === true) {
    socket.destroy()
    return
  }
  refuseConnection(socket, problem)
}

/** CONNECT is not served. Answers to earlier requests of the connection go out first, and the connection ends behind them. */
export function refuseTunnel(socket: Socket, last: ServerResponse | undefined): void {
  const refuse = () => {
    refuseConnection(socket, new GatewayError('NOT_IMPLEMENTED', { detail: 'CONNECT and TRACE are not served.' }))
  }
  socket.on('error', () => socket.destroy()) // Node no longer looks after it
  if (last === undefined) refuse()
  else last.once('close', refuse)
}

/** Answers with a problem where there is no response to write it to, and ends the connection. */
export function refuseConnection(socket: Socket, problem: GatewayError): void {
  const body = problemBody(problem, undefined)
  socket.write(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
  socket.destroySoon()
}
