import type { Server, Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'

/** Has `server` read requests from a connection again that it let go of for an upgrade. */
export function returnConnection(socket: Socket, server: Server): void {
  server.emit(server instanceof TlsServer ? 'secureConnection' : 'connection', socket)
}
