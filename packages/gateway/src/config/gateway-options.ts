import type { Duration } from '@hazeljs/core'
import type { DiscoveryClientConfig } from '@hazeljs/discovery'
import type { CircuitBreakerOptions, RetryOptions } from '@hazeljs/resilience'
import type { GatewayRouteDefinition } from './definition.js'

export interface CorsConfig {
  /**
   * Allowed origins; `'*'` allows all, without credentials. Where it names some, pages of others get no WebSocket either, unless they come
   * from the gateway's own host. Default `'*'`.
   */
  readonly origin?: string | readonly string[]
  /** Default: what the preflight asks for. */
  readonly methods?: readonly string[]
  /** Default: what the preflight asks for. */
  readonly allowedHeaders?: readonly string[]
  readonly exposedHeaders?: readonly string[]
  /** Needs explicit origins. Default `false`. */
  readonly credentials?: boolean
  /** How long a browser may keep a preflight's answer. Default: the browser's own. */
  readonly maxAge?: Duration
}

/** How instances with the protocol `https` are spoken to; as `node:tls` has it. Certificates and keys in PEM. */
export interface UpstreamTlsConfig {
  /** Authorities to trust in place of those that Node trusts. */
  readonly ca?: string | Buffer | (string | Buffer)[]
  /** The gateway's own certificate, for services that ask for one. */
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly passphrase?: string
  /** The name to ask for (SNI) and to find in the certificate. Default: the instance's host; never what a request carries. */
  readonly servername?: string
  /** `false` trusts any certificate, and so anybody in between. Default `true`. */
  readonly rejectUnauthorized?: boolean
}

/** What `@Gateway` takes. */
export interface GatewayOptions {
  readonly discovery?: DiscoveryClientConfig
  readonly resilience?: {
    readonly defaultCircuitBreaker?: CircuitBreakerOptions
    readonly defaultRetry?: RetryOptions
    readonly defaultTimeout?: Duration
  }
  readonly metrics?: {
    /** Default `true`. */
    readonly enabled?: boolean
    /** Default one minute. */
    readonly windowSize?: Duration
  }
  readonly middleware?: {
    /** `true`: any origin, no credentials. Default `false`. */
    readonly cors?: boolean | CorsConfig
    /** One line a request, without query, headers or body. Default `false`. */
    readonly logging?: boolean
    /** `X-Request-Id` both ways; an inbound one is kept only from trusted proxies. Default `false`. */
    readonly requestId?: boolean
  }
  /** Addresses and CIDR ranges whose `X-Forwarded-*` and `X-Request-Id` are believed. Default: nobody's. */
  readonly trustedProxies?: readonly string[]
  /**
   * The gateway's name in `Via`, which requests and answers get. A request that carries it already is refused with 508, so gateways that
   * may stand behind one another need different names. Default: `hazeljs-` and a random part, another for each gateway.
   */
  readonly pseudonym?: string
  /** What is taken from clients. Limits of the header as a whole are options of `listen`. */
  readonly limits?: {
    /** Characters of the request's target; longer ones are refused with 414. Default 8192. */
    readonly maxUrlLength?: number
    /** Larger bodies are refused with 413, at once where they say their length, otherwise while they stream. Default: no limit. */
    readonly maxBodyBytes?: number
    /** Requests under way at once, open WebSockets and event streams among them; others are refused with 503. Default: no limit. */
    readonly maxConcurrentRequests?: number
    /**
     * Header fields whose names hold `_`, which many servers take for `-`: `drop` forwards the request without them, `refuse` answers
     * 400. Default `drop`.
     */
    readonly underscoredHeaders?: 'drop' | 'refuse'
  }
  readonly upstream?: {
    /** Default 5 s. */
    readonly connectTimeout?: Duration
    /** Longest silence between two chunks of a body. Default 5 minutes. */
    readonly idleTimeout?: Duration
    /** How long an idle connection to an instance is kept. Default 60 s, and never longer than the instance's own `Keep-Alive` says. */
    readonly keepAlive?: Duration
    /**
     * Instances whose `metadata.socketPath` lies below this directory are called on that Unix socket; their `host` and `port` only name
     * them. Default: none, and an instance with a `metadata.socketPath` cannot be reached.
     */
    readonly socketDirectory?: string
    /** For every service. Default: the certificate has to name the instance's host, and to come from an authority that Node trusts. */
    readonly tls?: UpstreamTlsConfig
    /** For single services, by their names; their `tls` replaces the one for all whole. */
    readonly services?: Readonly<Record<string, { readonly tls?: UpstreamTlsConfig }>>
  }
}

/** What `fromConfig` and `new GatewayServer` take. */
export interface GatewayConfig extends GatewayOptions {
  readonly routes?: readonly GatewayRouteDefinition[]
}
