import type { Clock } from '@hazeljs/core'
import type { Socket } from 'node:net'

/** A client that has its connection's last answer may go on sending for so long: [nginx lingering_time is 30 s, Apache's 30 s as well]. */
export const lingerMs = 10_000
/** And may be silent for so long in between. [nginx lingering_timeout is 5 s, Apache's 2 s] */
export const lingerSilenceMs = 2_000
/** And send so much. */
export const lingerBytes = 16 * 1_048_576
/** How often is looked at what a client that goes on sending does. */
const lookMs = 100

/**
 * Ends our side of a connection whose client is still sending, and lets what arrives be thrown away until the client ends its own side or
 * is out of time or bytes. A connection that is closed with unread bytes is reset, and a reset may destroy the last answer before the client
 * has read it (RFC 9112, 9.6). Somebody has to read the connection meanwhile.
 */
export function closeLingering(socket: Socket, clock: Clock): void {
  const startedAt = clock.now()
  const startBytes = socket.bytesRead
  let seenBytes = startBytes
  let seenAt = startedAt
  const look = () => {
    const now = clock.now()
    const { bytesRead } = socket
    if (bytesRead !== seenBytes) seenAt = now
    seenBytes = bytesRead
    if (bytesRead - startBytes > lingerBytes || now - startedAt >= lingerMs || now - seenAt >= lingerSilenceMs) socket.destroy()
    else timer = clock.setTimer(look, lookMs)
  }
  let timer = clock.setTimer(look, lookMs)
  socket.once('close', () => {
    clock.clearTimer(timer)
  })
  socket.end()
}
