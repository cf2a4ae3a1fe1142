import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { OptionsReader } from '@hazeljs/core'
import type { BackendDependencies } from '../backend-dependencies.js'
import { type ConsulBackendOptions, readConsulOptions } from '../consul/consul-options.js'
import { ConsulRegistryBackend } from '../consul/consul-registry-backend.js'
import { DeferredRegistryBackend, type LoadedBackend } from './deferred-registry-backend.js'
import { type OpenBackend, without } from './open-backend.js'
import { cannotLoad, needPackage } from './peer-package.js'
import { type BackendTlsConfig, readTls } from './tls-config.js'

/** Where Consul's agent is, by default at http://127.0.0.1:8500, and the backend's own options. */
export interface ConsulBackendConfig extends ConsulBackendOptions {
  /** Protocol, host and port: `https://consul.internal:8501`. In place of `host`, `port` and `secure`. */
  readonly url?: string
  readonly host?: string
  readonly port?: number
  /** `https`. Default `false`, and `true` with `tls`. */
  readonly secure?: boolean
  readonly tls?: boolean | BackendTlsConfig
  /** Of the ACL system; needs `service:write` to register, `service:read` and `node:read` to find. */
  readonly token?: string
  /** Default: the agent's own. */
  readonly datacenter?: string
}

export const defaultConsulHost = '127.0.0.1'
export const defaultConsulPort = 8_500
const maxPort = 65_535

const connectionNames = ['url', 'host', 'port', 'secure', 'tls', 'token', 'datacenter'] as const

interface Connection {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly tls: BackendTlsConfig | undefined
  readonly defaults: { readonly token?: string; readonly dc?: string }
}

export function readConsulByName(
  options: OptionsReader<{ readonly backend?: unknown; readonly backendConfig?: ConsulBackendConfig }>,
): OpenBackend {
  needPackage(options, 'consul', 'consul')
  const config = options.object('backendConfig')
  const { ttlMs } = readConsulOptions(config)
  const connection = readConnection(config)
  const backendOptions = without(options.value('backendConfig'), connectionNames)
  return (dependencies) => {
    const load = () => connect(connection, backendOptions, dependencies)
    return { backend: new DeferredRegistryBackend(ttlMs, load), owned: true }
  }
}

async function importConsul() {
  try {
    return await import('consul')
  } catch (error) {
    throw cannotLoad('consul', error)
  }
}

async function connect(
  { tls, ...connection }: Connection,
  backendOptions: ConsulBackendOptions,
  dependencies?: BackendDependencies,
): Promise<LoadedBackend> {
  const { default: Consul } = await importConsul()
  // An agent of its own, so that its connections end with the backend.
  const agent = connection.secure ? new HttpsAgent({ keepAlive: true, ...tls }) : new HttpAgent({ keepAlive: true })
  const client = new Consul({ ...connection, agent })
  return { backend: new ConsulRegistryBackend(client, backendOptions, dependencies), release: () => agent.destroy() }
}

function readConnection(config: OptionsReader<ConsulBackendConfig>): Connection {
  const tls = readTls(config)
  const url = readUrl(config)
  const host = config.string('host', defaultConsulHost)
  const port = config.number('port', defaultConsulPort, { min: 1, max: maxPort, integer: true })
  const secure = config.boolean('secure', tls !== undefined)
  const token = config.string('token', undefined)
  const dc = config.string('datacenter', undefined)
  const place = url ?? { host, port, secure }
  if (tls !== undefined && !place.secure) config.add('tls', 'needs https')
  return { ...place, tls, defaults: { ...(token !== undefined && { token }), ...(dc !== undefined && { dc }) } }
}

function readUrl(config: OptionsReader<ConsulBackendConfig>): Pick<Connection, 'host' | 'port' | 'secure'> | undefined {
  const text: unknown = config.value('url')
  if (text === undefined) return undefined
  for (const name of ['host', 'port', 'secure'] as const) if (config.has(name)) config.add(name, 'stands in the url already')
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url?.username === '' && url.pathname === '/' && url.search === ''
  if (!isPlain || !['http:', 'https:'].includes(url.protocol)) {
    config.add('url', "expected a URL such as 'http://127.0.0.1:8500', without a path; credentials are the token")
    return undefined
  }
  const secure = url.protocol === 'https:'
  return { host: url.hostname, port: url.port === '' ? (secure ? 443 : 80) : Number(url.port), secure }
}
