import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { type Duration, type OptionsReader, type ServiceProtocol, show } from '@hazeljs/core'

/** What is asked of DNS for a service, and what is made of the answer. */
export interface DnsQuery {
  /**
   * The name to look up, whole: search domains and the hosts file have no part in it. `{service}` stands for the name of the service:
   * `{service}.internal`, `_http._tcp.{service}.service.consul`.
   */
  readonly hostname?: string
  /**
   * - `address` (default): A and AAAA records, an instance for each address, all at `port`.
   * - `srv`: SRV records (RFC 2782), which bring ports, priorities and weights.
   */
  readonly record?: 'address' | 'srv'
  /** Which addresses count: `ipv4-first` (default) those of IPv4, and of IPv6 where there is none of IPv4; `all` makes two instances of a host with both. */
  readonly family?: 'ipv4-first' | 'ipv4' | 'ipv6' | 'all'
  /** For `address`. Default: 80 for `http`, 443 for `https`. `grpc` has none. */
  readonly port?: number
  /** Default `http`. Instances stand with their addresses, so a certificate for `https` has to name those. */
  readonly protocol?: ServiceProtocol
}

export interface DnsBackendOptions extends Omit<DnsQuery, 'hostname'> {
  /** For every service that is not in `services`: a name with `{service}` in it, or a function of the service's name. Without it there are no others. */
  readonly hostname?: string | ((service: string) => string)
  /** Services that are asked for in another way than the rest; a text is the `hostname`. */
  readonly services?: Readonly<Record<string, string | DnsQuery>>
  /** Addresses of DNS servers with an optional port, `127.0.0.1:8600`. Default: those of the system. */
  readonly servers?: readonly string[]
  /** When to ask again after an answer without a TTL: SRV records in Node, and names without records. At least 100 ms. Default 10 s. */
  readonly refreshInterval?: Duration
  /** The TTL of an answer says when to ask again, from `minTtl`, at least 100 ms, default 1 s, … */
  readonly minTtl?: Duration
  /** … to `maxTtl`. Default 60 s. */
  readonly maxTtl?: Duration
  /** For one try at one server. Default 2 s. */
  readonly timeout?: Duration
  /** At each server. Default 2. */
  readonly tries?: number
}

export const defaultDnsRefreshMs = 10_000
export const defaultMinTtlMs = 1_000
export const defaultMaxTtlMs = 60_000
export const defaultDnsTimeoutMs = 2_000
export const defaultDnsTries = 2
const minIntervalMs = 100
const maxPort = 65_535
const placeholder = '{service}'

const defaultPorts: Readonly<Record<ServiceProtocol, number | undefined>> = { http: 80, https: 443, grpc: undefined }

/** A query that is complete. `port` is `undefined` where the records bring it. */
export interface ResolvedQuery {
  readonly hostname: string
  readonly record: 'address' | 'srv'
  readonly family: 'ipv4-first' | 'ipv4' | 'ipv6' | 'all'
  readonly port: number | undefined
  readonly protocol: ServiceProtocol
}

export interface ResolvedDnsOptions {
  /** For every service, the name not checked yet; `undefined` for a service that there is no name for. */
  queryFor(service: string): ResolvedQuery | undefined
  /** Those of the options, by name. */
  readonly services: readonly string[]
  readonly servers: readonly string[] | undefined
  readonly refreshMs: number
  readonly minTtlMs: number
  readonly maxTtlMs: number
  readonly timeoutMs: number
  readonly tries: number
}

/** The options with queries for texts. */
export type DnsOptionsRead = Omit<DnsBackendOptions, 'services'> & { readonly services?: Readonly<Record<string, DnsQuery>> }

export function withQueries(options: DnsBackendOptions): DnsOptionsRead {
  const services: unknown = (options as DnsBackendOptions | null)?.services
  if (!isMap(services)) return options as DnsOptionsRead
  const queries = Object.entries(services).map(([name, query]: [string, unknown]) => [
    name,
    typeof query === 'string' ? { hostname: query } : query,
  ])
  return { ...options, services: Object.fromEntries(queries) as Readonly<Record<string, DnsQuery>> }
}

export function readDnsOptions(options: OptionsReader<DnsOptionsRead>): ResolvedDnsOptions {
  const hostname = readHostname(options)
  const shared = readQuery(options, undefined)
  const rest = hostname && completed(options, shared)
  const given: unknown = options.value('services')
  const reader = options.object('services')
  const services = new Map<string, ResolvedQuery>()
  for (const name of Object.keys(isMap(given) ? given : {})) {
    const query = reader.object(name)
    services.set(name, { ...completed(query, readQuery(query, shared)), hostname: readServiceHostname(query, name) })
  }
  if (!options.has('hostname') && given === undefined) options.add('hostname', 'is required, or services')
  const minTtlMs = options.duration('minTtl', defaultMinTtlMs, minIntervalMs)
  const maxTtlMs = options.duration('maxTtl', Math.max(defaultMaxTtlMs, minTtlMs), minIntervalMs)
  if (maxTtlMs < minTtlMs) options.add('maxTtl', 'is shorter than minTtl')
  return {
    queryFor: (service) => services.get(service) ?? (hostname && rest && { ...rest, hostname: hostname(service) }),
    services: [...services.keys()],
    servers: readServers(options),
    refreshMs: options.duration('refreshInterval', defaultDnsRefreshMs, minIntervalMs),
    minTtlMs,
    maxTtlMs,
    timeoutMs: options.duration('timeout', defaultDnsTimeoutMs, 1),
    tries: options.number('tries', defaultDnsTries, { min: 1, max: 10, integer: true }),
  }
}

type QueryRest = Omit<ResolvedQuery, 'hostname'>
type QueryReader = OptionsReader<Omit<DnsQuery, 'hostname'>>

/** With the port as it was given, here or for all. */
function readQuery(options: QueryReader, shared: QueryRest | undefined): QueryRest {
  return {
    record: options.oneOf('record', shared?.record ?? 'address', ['address', 'srv']),
    family: options.oneOf('family', shared?.family ?? 'ipv4-first', ['ipv4-first', 'ipv4', 'ipv6', 'all']),
    protocol: options.oneOf('protocol', shared?.protocol ?? 'http', ['http', 'https', 'grpc']),
    port: options.number('port', shared?.port, { min: 1, max: maxPort, integer: true }),
  }
}

function completed(options: QueryReader, query: QueryRest): QueryRest {
  const { record, protocol } = query
  if (record === 'srv') {
    if (options.has('port')) options.add('port', 'has no place here: SRV records bring it')
    return { ...query, port: undefined }
  }
  const port = query.port ?? defaultPorts[protocol]
  if (port === undefined) options.add('port', `is required for ${protocol}`)
  return { ...query, port }
}

function readServiceHostname(query: OptionsReader<DnsQuery>, service: string): string {
  const text = query.string(query.required('hostname'), '')
  const hostname = inserted(text, service)
  if (text !== '' && !isHostname(hostname)) query.add('hostname', `expected a host name, got ${show(text)}`)
  return hostname
}

function inserted(hostname: string, service: string): string {
  return hostname.replaceAll(placeholder, () => service)
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readHostname(options: OptionsReader<DnsOptionsRead>): ((service: string) => string) | undefined {
  const hostname: unknown = options.value('hostname')
  if (hostname === undefined) return undefined
  if (typeof hostname === 'function') return hostname as (service: string) => string
  if (typeof hostname === 'string' && hostname.includes(placeholder) && isHostname(inserted(hostname, 'a'))) {
    return (service) => inserted(hostname, service)
  }
  options.add('hostname', `expected a function, or a host name with {service} in it, got ${show(hostname)}`)
  return undefined
}

function readServers(options: OptionsReader<DnsOptionsRead>): readonly string[] | undefined {
  const servers: unknown = options.value('servers')
  if (servers === undefined) return undefined
  if (Array.isArray(servers) && servers.length > 0 && servers.every(isServer)) return servers
  options.add('servers', `expected a list of addresses such as '10.0.0.2' or '[2001:db8::2]:5353', got ${show(servers)}`)
  return undefined
}

function isServer(server: unknown): server is string {
  if (typeof server !== 'string') return false
  if (isIP(server) !== 0) return true
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(server) ?? []
  return isIP(v6 ?? v4 ?? '') === (v6 === undefined ? 4 : 6) && (port === undefined || (Number(port) >= 1 && Number(port) <= maxPort))
}

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i
const maxHostnameLength = 253

/** `domainToASCII` cuts these off with all that follows, drops them or decodes them. */
const notInHostnames = /[/\\?#@:%[\]\s]/

/** Whether DNS can be asked for it; an address is no name. */
export function isHostname(text: unknown): boolean {
  if (typeof text !== 'string' || notInHostnames.test(text)) return false
  const ascii = domainToASCII(text.endsWith('.') ? text.slice(0, -1) : text)
  return ascii !== '' && isIP(ascii) === 0 && ascii.length <= maxHostnameLength && ascii.split('.').every((part) => label.test(part))
}
