import type { ConnectionOptions } from 'node:tls'
import { Client } from 'undici'
import type { HealthCheck } from './health-monitor.js'

export interface HttpCheckTarget {
  readonly protocol: 'http' | 'https'
  readonly host: string
  readonly port: number
  readonly path: string
  /** In the place of host and port. */
  readonly socketPath?: string | undefined
  /** In the place of trusting every certificate. */
  readonly tls?: CheckTls | undefined
}

/** As `node:tls` has it. */
export type CheckTls = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'servername' | 'rejectUnauthorized'>

/**
 * A GET that has to be answered with a 2xx status; redirects are not followed. Each check opens a connection of its own, because an instance
 * that no longer accepts any is not well. Without `tls` certificates are not verified, as Kubernetes does for its probes: nothing secret is sent, and an
 * instance checks itself under an address that its certificate seldom names.
 */
export function httpCheck({ protocol, host, port, path, socketPath, tls }: HttpCheckTarget): HealthCheck {
  const origin = `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`
  return async (signal) => {
    const client = new Client(origin, { connect: { ...(tls ?? { rejectUnauthorized: false }), socketPath: socketPath ?? null } })
    try {
      const { statusCode, body } = await client.request({ method: 'GET', path, headers: { 'user-agent': userAgent }, signal, reset: true })
      // The verdict is in the status: however the body goes on or breaks off does not matter.
      body.on('error', () => undefined).destroy()
      if (statusCode < 200 || statusCode > 299) throw new Error(`The health check was answered with status ${statusCode}`)
    } finally {
      await client.destroy()
    }
  }
}

const userAgent = 'hazeljs-health-check'
