import { type Duration, type OptionsReader, show } from '@hazeljs/core'

/** PEM texts, as `node:tls` takes them. */
export interface EtcdTlsOptions {
  /** Of the authority that signed etcd's certificate. Default: those that Node trusts. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /** This client's certificate, for an etcd with `--client-cert-auth`; with `key`. */
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  /** The name that etcd's certificate has to carry, where the endpoint's host is another. */
  readonly servername?: string
}

export interface EtcdBackendOptions {
  /** Client URLs of the members of one cluster, such as `'https://etcd-1:2379'`. The next one is asked when one does not answer. */
  readonly endpoints: string | readonly string[]
  /** Opens every key of this backend. Default `'hazeljs/discovery/'`. A `/` is added where it ends without. */
  readonly keyPrefix?: string
  /** How long a registration lives without a heartbeat, in whole seconds: fractions are rounded up. At least 1 s. Default 30 s. */
  readonly ttl?: Duration
  /** For an etcd with authentication; with `password`. */
  readonly username?: string
  readonly password?: string
  /** For `https` endpoints. */
  readonly tls?: EtcdTlsOptions
  /** How long one endpoint may take to answer one request. At least 1 ms. Default 2 s. */
  readonly requestTimeout?: Duration
  /** A watch that said nothing for so long is opened anew where it ended, so that a connection that died silently is noticed. At least 10 ms. Default 10 s. */
  readonly watchIdleTimeout?: Duration
}

interface ResolvedEtcdTls {
  readonly ca?: (string | Buffer)[]
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly servername?: string
}

export interface ResolvedEtcdOptions {
  /** Origins, without a slash at the end. */
  readonly endpoints: readonly string[]
  readonly keyPrefix: string
  readonly ttlSeconds: number
  readonly credentials: { readonly username: string; readonly password: string } | undefined
  readonly tls: ResolvedEtcdTls
  readonly requestTimeoutMs: number
  readonly watchIdleMs: number
}

export const defaultEtcdKeyPrefix = 'hazeljs/discovery/'
export const defaultEtcdTtlMs = 30_000
export const defaultEtcdRequestTimeoutMs = 2_000
/** A third of the default ttl: that etcd is away is known before leases run out. */
export const defaultEtcdWatchIdleMs = 10_000
/** etcd counts leases in seconds. */
export const minEtcdTtlMs = 1_000
const minWatchIdleMs = 10

export function readEtcdOptions(options: OptionsReader<EtcdBackendOptions>): ResolvedEtcdOptions {
  const endpoints = readEndpoints(options)
  return {
    endpoints,
    keyPrefix: readKeyPrefix(options),
    ttlSeconds: Math.ceil(options.duration('ttl', defaultEtcdTtlMs, minEtcdTtlMs) / 1_000),
    credentials: readCredentials(options),
    tls: readTls(options, endpoints),
    requestTimeoutMs: options.duration('requestTimeout', defaultEtcdRequestTimeoutMs, 1),
    watchIdleMs: options.duration('watchIdleTimeout', defaultEtcdWatchIdleMs, minWatchIdleMs),
  }
}

function readEndpoints(options: OptionsReader<EtcdBackendOptions>): readonly string[] {
  const given: unknown = options.value(options.required('endpoints'))
  if (given === undefined) return []
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (list.length === 0) options.add('endpoints', 'expected at least one URL')
  return list.map((endpoint, index) => readEndpoint(options, Array.isArray(given) ? `endpoints[${index}]` : 'endpoints', endpoint))
}

function readEndpoint(options: OptionsReader<EtcdBackendOptions>, path: string, endpoint: unknown): string {
  const url = typeof endpoint === 'string' && URL.canParse(endpoint) ? new URL(endpoint) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    options.add(path, `expected the URL of an etcd member, such as 'http://127.0.0.1:2379', got ${show(endpoint)}`)
    return ''
  }
  if (url.username !== '' || url.password !== '') options.add(path, 'give the credentials as username and password, not in the URL')
  if (url.pathname !== '/' || url.search !== '') options.add(path, `expected a URL without a path, got the path ${url.pathname}`)
  return url.origin
}

function readKeyPrefix(options: OptionsReader<EtcdBackendOptions>): string {
  const prefix = options.string('keyPrefix', defaultEtcdKeyPrefix)
  if (prefix === '') options.add('keyPrefix', 'expected a text that is not empty')
  return prefix.endsWith('/') ? prefix : `${prefix}/`
}

function readCredentials(options: OptionsReader<EtcdBackendOptions>): ResolvedEtcdOptions['credentials'] {
  const username = options.string('username', undefined)
  const password = options.string('password', undefined)
  if (username !== undefined && password !== undefined) return { username, password }
  if (username !== undefined) options.add('password', 'is required with username')
  if (password !== undefined) options.add('username', 'is required with password')
  return undefined
}

function readTls(options: OptionsReader<EtcdBackendOptions>, endpoints: readonly string[]): ResolvedEtcdTls {
  const tls = options.object('tls')
  const pem = (name: 'cert' | 'key') => {
    const value: unknown = tls.value(name)
    if (value !== undefined && !isPem(value)) tls.add(name, `expected a PEM text or a Buffer, got ${show(value)}`)
    return tls.value(name)
  }
  const given: unknown = tls.value('ca')
  const ca: unknown[] = Array.isArray(given) ? given : [given]
  if (given !== undefined && !ca.every(isPem)) tls.add('ca', `expected PEM texts or Buffers, got ${show(given)}`)
  const cert = pem('cert')
  const key = pem('key')
  if ((cert === undefined) !== (key === undefined)) tls.add(cert === undefined ? 'cert' : 'key', 'cert and key are needed together')
  const servername = tls.string('servername', undefined)
  const isUsed = endpoints.some((endpoint) => endpoint.startsWith('https:'))
  if (options.has('tls') && !isUsed) options.add('tls', 'no endpoint is an https URL')
  return {
    ...(given !== undefined && { ca: ca as (string | Buffer)[] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
  }
}

function isPem(value: unknown): boolean {
  return typeof value === 'string' || Buffer.isBuffer(value)
}
