import { type ServerResponse, STATUS_CODES } from 'node:http'
import { GatewayError } from '../errors.js'
import type { Connection } from './connection.js'
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
      return code.startsWith('HPE_') ? new GatewayError('INVALID_REQUEST', { detail: isTls(rawPacket) ? tlsUnasked : notHttp }) : undefined
  }
}

const notHttp = 'The request is not HTTP/1.1.'
const tlsUnasked = 'The request is TLS, which this port does not speak: use http.'

/** A record of the type handshake, of any version (RFC 8446, 5.1). */
function isTls(packet: Buffer | undefined): boolean {
  return packet?.[0] === 22 && packet[1] === 3
}

/** Told of what a client got that sent something unreadable. */
type OnUnreadable = (problem: GatewayError, clientIp: string) => void

/**
 * Ends a connection on which no further request can be read.
 *
 * Requests that were read whole keep their answers, and the connection ends behind them. Where it is the body of the one under way that
 * can't be read, that one is called off, so that no service takes a part of it for the whole, and answered on its path.
 */
export function endUnreadable(error: ReadingError, connection: Connection, onUnreadable: OnUnreadable): void {
  if (connection.isUnreadable) return // the parser says so of every packet from now on
  connection.stopReading()
  const { socket, lastAnswer: last } = connection
  if (last !== undefined && (last.req.complete || last.writableEnded)) {
    if (!last.headersSent) last.shouldKeepAlive = false
    last.once('close', () => {
      socket.destroySoon()
    })
    return
  }
  const problem = readingProblem(error)
  if (problem === undefined || !socket.writable) socket.destroy()
  else if (last === undefined) refuseConnection(connection, problem, onUnreadable)
  else if (connection.answers.get(last) === undefined) refuseBehind(connection, last, problem, onUnreadable)
  else connection.answers.get(last)?.callOff(problem)
}

/** CONNECT is not served. Answers to earlier requests of the connection go out first, and the connection ends behind them. */
export function refuseTunnel(connection: Connection, onUnreadable: OnUnreadable): void {
  const { socket, lastAnswer } = connection
  const problem = new GatewayError('NOT_IMPLEMENTED', { detail: 'CONNECT and TRACE are not served.' })
  socket.on('error', () => socket.destroy()) // Node no longer looks after it
  connection.stopReading()
  if (lastAnswer === undefined) refuseConnection(connection, problem, onUnreadable)
  else
    lastAnswer.once('close', () => {
      refuseConnection(connection, problem, onUnreadable)
    })
}

/** Of several requests the last is not whole: it waits for those before it, and will not be served. */
function refuseBehind(connection: Connection, last: ServerResponse, problem: GatewayError, onUnreadable: OnUnreadable): void {
  connection.answers.delete(last)
  connection.lastAnswer?.once('close', () => {
    refuseConnection(connection, problem, onUnreadable)
  })
}

/** Answers with a problem where there is no response to write it to, and ends the connection. */
function refuseConnection(connection: Connection, problem: GatewayError, onUnreadable: OnUnreadable): void {
  const { socket } = connection
  const body = problemBody(problem, undefined)
  onUnreadable(problem, socket.remoteAddress ?? '')
  socket.write(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
  connection.endUnread()
}
