import { connect as connectTcp, isIP, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net'
import { checkServerIdentity, type ConnectionOptions, connect as connectTls, type SecureContext } from 'node:tls'
import type { UpstreamTlsConfig } from '../config/gateway-options.js'
import type { Connection } from './connection.js'

/** A configuration, and what it comes to: read once, where else every connection would read its certificates anew. */
export interface UpstreamTls extends UpstreamTlsConfig {
  readonly secureContext?: SecureContext
}

/** Where an instance is, and how it is spoken to. */
export interface Address {
  readonly host: string
  readonly port: number
  /** In place of host and port. */
  readonly socketPath: string | undefined
  /** `undefined`: without encryption. */
  readonly tls: UpstreamTls | undefined
}

/** Silence after which the system asks whether the other side is still there. */
const tcpKeepAliveMs = 60_000

/**
 * Opens the socket of a connection. Unencrypted ones read into `buffer`, one for all: what is read is used up before the next read, and
 * memory of its own for each read costs more than a copy of a small answer. `undefined`: the socket reads as every other does, and can
 * become another protocol's.
 */
export function dial(address: Address, connection: Connection, buffer: Buffer | undefined): void {
  const { host, port, socketPath, tls } = address
  // Node takes the path where there is one, whatever else there is.
  const where: TcpNetConnectOpts = { host, port, ...(socketPath !== undefined && { path: socketPath }) }
  const options = { ...where, noDelay: true, keepAlive: true, keepAliveInitialDelay: tcpKeepAliveMs }
  const onConnected = () => {
    connection.onConnected()
  }
  if (tls !== undefined) {
    const socket = connectTls({ ...options, ...tlsOptions(tls, host) }).once('secureConnect', onConnected)
    connection.attach(readInto(connection, socket))
  } else if (buffer === undefined) {
    connection.attach(readInto(connection, connectTcp(options).once('connect', onConnected)))
  } else {
    const onread: OnReadOpts = { buffer, callback: (bytes) => connection.read(buffer, bytes) }
    connection.attach(connectTcp({ ...options, onread }).once('connect', onConnected))
  }
}

function readInto(connection: Connection, socket: Socket): Socket {
  return socket.on('data', (chunk: Buffer) => {
    if (!connection.read(chunk, chunk.length)) socket.pause()
  })
}

/** The name to ask for and to verify is the configuration's or the instance's, whatever a client's `Host` says that a route preserves. */
function tlsOptions({ servername: configured, ...tls }: UpstreamTls, host: string): ConnectionOptions {
  const name = configured ?? host
  return {
    ...tls,
    ALPNProtocols: ['http/1.1'],
    checkServerIdentity: (_asked, certificate) => checkServerIdentity(name, certificate),
    // RFC 6066, section 3: addresses are no server names.
    ...(isIP(name) === 0 && { servername: name }),
  }
}
