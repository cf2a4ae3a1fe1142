import type { Socket } from 'node:net'

/**
 * The side of an exchange that faces the client: what `http.ServerResponse` has, as far as the path uses it. `handleRequest()`
 * brings one of its own that keeps the answer in memory.
 */
export interface ClientResponse {
  /** Whether the head has gone out, or is about to: after it no other answer can be given. */
  readonly headersSent: boolean
  readonly destroyed: boolean
  /** Whether the client is behind with taking what was written. */
  readonly writableNeedDrain: boolean
  /** `null` where there is none, or others come first on it. */
  readonly socket: Socket | null
  /** Cleared where the connection has to end after this answer. */
  shouldKeepAlive: boolean
  /** Writes a 103; missing where nobody waits for one. Throws where a link is none. */
  writeEarlyHints?(hints: { link: string[] }): unknown
  writeHead(status: number, headers: string[]): unknown
  /** Sends the head now instead of with the first chunk. */
  flushHeaders(): void
  /** `false`: wait for `drain` before the next one. */
  write(chunk: Buffer): boolean
  /** Sent after the last chunk; missing where there is no place for them. */
  addTrailers?(trailers: [string, string][]): unknown
  end(): unknown
  end(body: string, encoding: BufferEncoding): unknown
  /** Ends with all of the body, a character a byte, in one write with the head; missing where there is no such way. */
  endWhole?(body: string): unknown
  once(event: 'drain', listener: () => void): unknown
  destroy(): unknown
}

/**
 * Call it between a head and the first bytes of a body. Of an answer that waits for others on its connection, Node would put the head in front
 * of all that waits, interim answers included, where bytes follow it and not text: the interim ones would then lie in the body.
 */
export function keepHeadInOrder(response: ClientResponse): void {
  if (response.socket === null) response.flushHeaders()
}

/**
 * Ends an answer in the middle, so that nobody can take what went out for all of it: to HTTP/1.0 the end of the connection is the end of
 * the answer, so where possible the connection is reset.
 */
export function breakOff(response: ClientResponse): void {
  if (response.socket !== null) resetSocket(response.socket)
  response.destroy()
}

/** Ends a connection at once, with a reset where it has one: only TCP does, and under TLS the socket does not give it away. */
export function resetSocket(socket: Socket): void {
  if (socket.remoteFamily !== undefined && !('encrypted' in socket)) socket.resetAndDestroy()
  else socket.destroy()
}
