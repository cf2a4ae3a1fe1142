import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ArrivedRequest } from '../arrived-request.js'
import { Exchange } from '../exchange.js'
import { LayeredResponse } from './layered-response.js'

/** What `node:http`, Express and Fastify call with a request. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void

/** The same, and calls `onClosed` when the response is over: sent to its last byte, or cut. `undefined`: it was over already. */
export type WatchedHandler = (request: IncomingMessage, response: ServerResponse, onClosed: () => void) => Exchange | undefined

/** Walks what a `node:http` server hands out along the path. `run` never rejects. */
export function nodeHandler(run: (exchange: Exchange) => unknown): WatchedHandler {
  return (request, response, onClosed) => {
    if (response.destroyed) {
      onClosed() // the client left while a middleware in front of us was busy, and nobody would tell us of it
      return undefined
    }
    const { socket } = request
    const exchange = new Exchange(
      arrivedRequest(request, socket),
      response.getHeaderNames().length === 0 ? response : new LayeredResponse(response),
    )
    const onClose = () => {
      if (!response.writableFinished) exchange.clientLeft()
      onClosed()
    }
    response.on('close', onClose)
    if (response.socket === null) onSocketClose(socket, response, onClose)
    run(exchange)
    return exchange
  }
}

export function arrivedRequest(request: IncomingMessage, socket: Socket): ArrivedRequest {
  return {
    method: request.method ?? 'GET',
    // Express and Connect shorten `url` to what lies below their mount point; what the client asked for is in `originalUrl`.
    rawTarget: 'originalUrl' in request ? (request.originalUrl as string) : (request.url ?? '/'),
    rawHeaders: request.rawHeaders,
    httpVersion: request.httpVersion,
    body: hasBody(request.rawHeaders) ? request : null,
    peer: socket.remoteAddress ?? '',
    proto: (socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http',
  }
}

/** A response that waits for others of its connection (pipelining) has no part in the connection yet, and is not told when it closes. */
function onSocketClose(socket: Socket, response: ServerResponse, onClose: () => void): void {
  socket.setMaxListeners(0) // one for each request in the pipeline is no leak
  socket.once('close', onClose)
  response.once('close', () => {
    socket.off('close', onClose)
  })
}

/** RFC 9112 section 6: a request has a body if it says how long it is, or that it comes in chunks. */
export function hasBody(rawHeaders: readonly string[]): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 14 && name.toLowerCase() === 'content-length') return rawHeaders[i + 1] !== '0'
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') return true
  }
  return false
}
