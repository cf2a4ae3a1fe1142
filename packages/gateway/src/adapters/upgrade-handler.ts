import { createServer, type IncomingMessage, ServerResponse } from 'node:http'
import { Server as NetServer, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Exchange } from '../exchange.js'
import { ClientUpgrade } from '../http/client-upgrade.js'
import { headerValues } from '../http/header-lookup.js'
import { returnConnection } from '../http/return-connection.js'
import { arrivedRequest, hasBody, type NodeHandler } from './node-handler.js'

/** A listener of a server's `upgrade` event. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** A handler of requests, and of those that ask for another protocol. */
export interface GatewayHandler extends NodeHandler {
  /** For WebSockets: `server.on('upgrade', handler.upgrade)`. */
  readonly upgrade: UpgradeListener
}

/**
 * Takes a request that asks for another protocol. `false`: it went back to `server` as one that doesn't; `true`: its connection was cut. With `goesOn` the connection may go
 * back to it behind an answer that is no 101, too: Node's server, when it closes, waits for such a connection as for one without a request.
 */
export type UpgradeHandler = (
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  server: NetServer,
  goesOn: boolean,
) => Exchange | boolean

/** Walks requests for another protocol along the path. `run` never rejects. */
export function upgradeHandler(run: (exchange: Exchange) => unknown): UpgradeHandler {
  return (request, socket, head, server, goesOn) => {
    const protocols = protocolsOf(request)
    if (protocols.length === 0) {
      serveWithoutUpgrade(request, socket, head, server)
      return false
    }
    const response = new ServerResponse(request)
    try {
      response.assignSocket(socket)
    } catch {
      socket.on('error', doNothing).destroy() // sent behind requests that have no answer yet: after a 101 nobody could tell theirs from the tunnel's bytes
      return true
    }
    const next = goesOn && canGoOn(request, protocols) ? server : undefined
    const upgrade = new ClientUpgrade(protocols, response, socket, head, next)
    const exchange = new Exchange(arrivedRequest(request, socket), upgrade)
    exchange.upgrade = upgrade
    response.on('close', () => {
      if (!response.writableFinished) exchange.clientLeft()
    })
    run(exchange)
    return exchange
  }
}

/** For servers that are not ours; `handle` serves what should not be upgraded, where the server itself can't be told. */
export function embeddedUpgrade(upgrade: UpgradeHandler, handle: NodeHandler): UpgradeListener {
  return function (this: unknown, request, socket, head) {
    if (socket instanceof Socket) upgrade(request, socket, head, this instanceof NetServer ? this : createServer(handle), false)
    else socket.destroy() // a stream that somebody made up and gave to the server: there is no connection to hand over
  }
}

/**
 * What the client offers that may be considered. None, and then the request is one like any other, for `h2c`, for HTTP/1.0 (RFC 9110, 7.8),
 * and for all but GET without a body: Java's client offers `h2c` with whatever it sends first.
 */
export function protocolsOf({ method, httpVersion, rawHeaders }: Pick<IncomingMessage, 'method' | 'httpVersion' | 'rawHeaders'>): string[] {
  if (method !== 'GET' || httpVersion !== '1.1' || hasBody(rawHeaders)) return []
  return tokens(rawHeaders, 'upgrade').filter((protocol) => protocol !== '' && protocol !== 'h2c')
}

/** Has the server read the connection from this request on, which no longer has the field that made the server let go of it. */
function serveWithoutUpgrade(
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Socket,
  head: Buffer,
  server: NetServer,
): void {
  let text = `${method ?? 'GET'} ${url ?? '/'} HTTP/${httpVersion}\r\n`
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.toLowerCase() !== 'upgrade') text += `${name}: ${rawHeaders[i + 1] as string}\r\n`
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]))
  returnConnection(socket, server)
}

/**
 * Whether the connection can go on after an answer that is no 101. Clients of WebSockets wait for the answer (RFC 6455, 4.1); those of other
 * protocols may have sent ahead, and what they sent must not be read as requests.
 */
function canGoOn({ rawHeaders }: IncomingMessage, protocols: readonly string[]): boolean {
  return protocols.every((protocol) => protocol === 'websocket') && !tokens(rawHeaders, 'connection').includes('close')
}

/** The elements of a list field, in lower case. */
function tokens(rawHeaders: readonly string[], name: string): string[] {
  return headerValues(rawHeaders, name)
    .flatMap((value) => value.toLowerCase().split(','))
    .map((token) => token.trim())
}

function doNothing(): void {
  // an error without a listener would end the process
}
