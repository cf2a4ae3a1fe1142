import { isIP } from 'node:net'
import { type Dispatcher, Pool } from 'undici'
import type { UpstreamTlsConfig } from '../config/gateway-options.js'
import { upstreamConnector } from './upstream-connector.js'

type PoolOptions = Omit<Pool.Options, 'connect'> & { readonly connect: { readonly timeout: number; readonly socketPath?: string } }

/**
 * Connections over TLS to one instance. undici takes a request's `Host` for the name to ask for and to verify; here it is the
 * configuration's or the instance's, whatever a client's `Host` says that a route preserves.
 */
export class SecurePool extends Pool {
  readonly #servername: string

  constructor(origin: string, host: string, tls: UpstreamTlsConfig, options: PoolOptions) {
    const servername = tls.servername ?? host
    const connect = upstreamConnector({ ...options.connect, ...tls })
    super(origin, {
      ...options,
      // RFC 6066, section 3: addresses are no server names. Without one, an address is verified as it stands.
      connect: ({ servername: _asked, ...target }, callback) => {
        connect(isIP(servername) === 0 ? { ...target, servername } : target, callback)
      },
    })
    this.#servername = servername
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return super.dispatch({ ...options, servername: this.#servername } as Dispatcher.DispatchOptions, handler)
  }
}
