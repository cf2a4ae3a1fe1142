import type { CheckConnector } from '@hazeljs/discovery'
import type { UpstreamTlsConfig } from '../config/gateway-options.js'
import { socketPathOf } from '../upstream/socket-path.js'

export interface CheckConnectionOptions {
  readonly upstreamTls: UpstreamTlsConfig
  readonly serviceTls: ReadonlyMap<string, UpstreamTlsConfig>
  readonly socketDirectory: string | undefined
}

/** Health checks reach an instance as requests do: on its Unix socket, over TLS with the service's authorities and certificate. */
export function checkConnector({ upstreamTls, serviceTls, socketDirectory }: CheckConnectionOptions): CheckConnector {
  return (instance) => ({
    socketPath: socketPathOf(instance, socketDirectory),
    tls: instance.protocol === 'https' ? (serviceTls.get(instance.name) ?? upstreamTls) : undefined,
  })
}
