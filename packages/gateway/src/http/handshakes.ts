import type { Socket } from 'node:net'

/** Connections whose TLS handshake is not finished: the HTTP server does not know of them yet, and would wait for them while it closes. */
export class Handshakes {
  readonly #byPeer = new Map<string, Socket>()

  begin(socket: Socket): void {
    const peer = peerOf(socket)
    this.#byPeer.set(peer, socket)
    socket.once('close', () => {
      if (this.#byPeer.get(peer) === socket) this.#byPeer.delete(peer)
    })
  }

  /** Takes the secured socket, which has taken the other's place, and has only its addresses in common with it. */
  finish(secured: Socket): void {
    this.#byPeer.delete(peerOf(secured))
  }

  cut(): void {
    for (const socket of this.#byPeer.values()) socket.destroy()
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${String(remoteAddress)} ${String(remotePort)}`
}
