import type { ServiceInstance } from '@hazeljs/core'
import type { HealthCheck } from './health-monitor.js'
import { type CheckTls, httpCheck } from './http-check.js'
import { tcpCheck } from './tcp-check.js'

/** How an instance is reached for a check, where its address does not say it all. */
export interface CheckConnection {
  /** Of a Unix socket, in the place of host and port. */
  readonly socketPath?: string | undefined
  /** For instances with the protocol `https`. Default: any certificate will do, and none is shown. */
  readonly tls?: CheckTls | undefined
}

/** Says how an instance is reached. What it throws is a bad check. */
export type CheckConnector = (instance: ServiceInstance) => CheckConnection

/** The check of an instance by one that calls it: see `CallerCheckOptions`. */
export function instanceCheck(instance: ServiceInstance, path: string | undefined, connector: CheckConnector | undefined): HealthCheck {
  const { protocol, host, port, healthCheckPath } = instance
  const asked = protocol === 'grpc' ? undefined : (path ?? healthCheckPath)
  return async (signal) => {
    const { socketPath, tls } = connector?.(instance) ?? {}
    if (protocol === 'grpc' || asked === undefined) return tcpCheck({ host, port, socketPath })(signal)
    return httpCheck({ protocol, host, port, path: asked, socketPath, tls })(signal)
  }
}
