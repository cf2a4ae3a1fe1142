import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { Exchange } from '../exchange.js'

/** What `node:http`, Express and Fastify call with a request. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void

/** Walks what a `node:http` server hands out along the path. `run` never rejects. */
export function nodeHandler(run: (exchange: Exchange) => unknown): NodeHandler {
  return (request, response) => {
    const { socket } = request
    const exchange = new Exchange(
      {
        method: request.method ?? 'GET',
        // Express and Connect shorten `url` to what lies below their mount point; what the client asked for is in `originalUrl`.
        rawTarget: 'originalUrl' in request ? (request.originalUrl as string) : (request.url ?? '/'),
        rawHeaders: request.rawHeaders,
        body: hasBody(request.rawHeaders) ? request : null,
        peer: socket.remoteAddress ?? '',
        proto: (socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http',
      },
      response,
    )
    response.on('close', () => {
      if (!response.writableFinished) exchange.clientLeft()
    })
    run(exchange)
  }
}

/** RFC 9112 section 6: a request has a body if it says how long it is, or that it comes in chunks. */
function hasBody(rawHeaders: readonly string[]): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 14 && name.toLowerCase() === 'content-length') return rawHeaders[i + 1] !== '0'
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') return true
  }
  return false
}
