import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { OneWriteResponse } from './one-write-response.js'
import { continueWhenRead } from './expect-continue.js'
import type { ResolvedListenOptions } from './listen-options.js'

/** Longer than the idle time of common load balancers (60 s), so that it is never we who close a connection they are about to use. */
export const keepAliveTimeoutMs = 65_000
/** How often connections are looked at whose header is late. Node's own is 30 s. */
const lateHeaderCheckMs = 1_000

/** A server of HTTP/1.1, over TLS where `tls` says how. One that also speaks HTTP/2, as ALPN settles, has its place here. */
export function httpServer(
  {
    tls,
    maxHeaderBytes,
    headersTimeoutMs,
    maxConnections,
  }: Pick<ResolvedListenOptions, 'tls' | 'maxHeaderBytes' | 'headersTimeoutMs' | 'maxConnections'>,
  onRequest: RequestListener,
): Server {
  const options: ServerOptions = {
    keepAliveTimeout: keepAliveTimeoutMs,
    requestTimeout: 0,
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: Math.min(lateHeaderCheckMs, Math.ceil(headersTimeoutMs / 2)),
    maxHeaderSize: maxHeaderBytes,
    noDelay: true,
    insecureHTTPParser: false, // whatever the process was started with
    ServerResponse: OneWriteResponse,
    requireHostHeader: false, // the path refuses such requests, with an answer of ours
  }
  const server: Server =
    tls === undefined
      ? createServer(options, onRequest)
      : createSecureServer({ ...options, ...tls, ALPNProtocols: ['http/1.1'] }, onRequest)
  if (maxConnections !== undefined) server.maxConnections = maxConnections
  return server
    .on('checkContinue', (request, response) => {
      continueWhenRead(request, response)
      onRequest(request, response)
    })
    .on('checkExpectation', onRequest) // the path refuses it, with an answer of ours
}
