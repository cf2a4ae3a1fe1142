import type { Socket } from 'node:net'
import { RequestBody } from './request-body.js'
import { requestHead } from './request-head.js'
import type { UpstreamRequest } from './upstream-request.js'

/**
 * Writes a request; `onSent` is called when all of it has been handed over. A body that comes as a stream is given back, under way, and
 * calls `onBroken` if it breaks off.
 *
 * @throws {Error} for a head that would break the message; nothing has been written then.
 */
export function writeRequest(
  socket: Socket,
  request: UpstreamRequest,
  authority: string,
  onSent: () => void,
  onBroken: (error: Error) => void,
): RequestBody | undefined {
  const head = requestHead(request, authority)
  const { body } = request
  if (body !== null && !Buffer.isBuffer(body)) return new RequestBody(socket, head, body, onSent, onBroken)
  if (body === null) socket.write(head.text, 'latin1')
  else {
    socket.cork()
    socket.write(head.text, 'latin1')
    socket.write(body)
    socket.uncork()
  }
  onSent()
  return undefined
}
