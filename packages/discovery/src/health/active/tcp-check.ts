import { connect } from 'node:net'
import type { HealthCheck } from './health-monitor.js'

export interface TcpCheckTarget {
  readonly host: string
  readonly port: number
  /** In the place of host and port. */
  readonly socketPath?: string | undefined
}

/** A connection that has to come about; it is closed at once, without a byte. Says only that somebody listens. */
export function tcpCheck({ host, port, socketPath }: TcpCheckTarget): HealthCheck {
  return (signal) =>
    new Promise((resolve, reject) => {
      const socket = connect(socketPath === undefined ? { host, port } : { path: socketPath })
      const abort = () => settle(() => reject(signal.reason as Error))
      const settle = (end: () => void) => {
        signal.removeEventListener('abort', abort)
        socket.destroy()
        end()
      }
      socket.once('connect', () => settle(resolve))
      socket.on('error', (error) => settle(() => reject(error)))
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort)
    })
}
