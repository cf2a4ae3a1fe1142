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
  writeHead(status: number, headers: string[]): unknown
  /** Sends the head now instead of with the first chunk. */
  flushHeaders(): void
  /** `false`: wait for `drain` before the next one. */
  write(chunk: Buffer): boolean
  end(): unknown
  end(body: string, encoding: BufferEncoding): unknown
  once(event: 'drain', listener: () => void): unknown
  destroy(): unknown
}

/**
 * Ends an answer in the middle, so that nobody can take what went out for all of it: to HTTP/1.0 the end of the connection is the end of
 * the answer, so where possible the connection is reset.
 */
export function breakOff(response: ClientResponse): void {
  const { socket } = response
  // Only TCP has a reset, and under TLS the socket does not give it away.
  if (socket?.remoteFamily !== undefined && !('encrypted' in socket)) socket.resetAndDestroy()
  response.destroy()
}
