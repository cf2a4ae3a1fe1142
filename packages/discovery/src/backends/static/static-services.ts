import { type OptionsReader, type ServiceInstance, type ServiceProtocol, ServiceStatus, show } from '@hazeljs/core'
import { hostOf } from '../../host.js'
import { readText } from '../../text-option.js'
import { instanceIdOf } from '../instance-record.js'

/** An instance in a static list. Either `url`, or `host` with what differs from the defaults. */
export interface StaticInstance {
  /** Protocol, host and port, nothing else: `http://10.0.0.1:3000`, `https://[2001:db8::7]`, `grpc://orders.internal:50051`. */
  readonly url?: string
  /** A name or an address; IPv6 with or without brackets. */
  readonly host?: string
  /** Default: 80 for `http`, 443 for `https`. `grpc` has none. */
  readonly port?: number
  /** Default `http`. */
  readonly protocol?: ServiceProtocol
  /** Default `name:host:port`. */
  readonly id?: string
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly zone?: string
  readonly tags?: readonly string[]
  /** Default `UP`. `OUT_OF_SERVICE` keeps it in the list, without traffic. */
  readonly status?: ServiceStatus
}

/** Services by name, each with its instances; a text is the `url` of one. */
export type StaticServices = Readonly<Record<string, readonly (string | StaticInstance)[]>>

/** The same, with no texts left. */
export type StaticLists = Readonly<Record<string, readonly StaticInstance[]>>

/** What stands in an instance beside its times. */
export type StaticEntry = Omit<ServiceInstance, 'lastHeartbeat' | 'registeredAt'>

const defaultPorts: Readonly<Record<ServiceProtocol, number | undefined>> = { http: 80, https: 443, grpc: undefined }
const protocols = Object.keys(defaultPorts) as ServiceProtocol[]
const maxPort = 65_535

/** Of what is no such object it makes nothing: whoever reads the options complains of it. */
export function withoutTexts(services: StaticServices): StaticLists {
  if (!isRecord(services)) return services
  const lists = Object.entries(services).map(([name, list]: [string, unknown]) => [
    name,
    Array.isArray(list) ? list.map((entry: unknown) => (typeof entry === 'string' ? { url: entry } : entry)) : list,
  ])
  return Object.fromEntries(lists) as StaticLists
}

/** @param given what the options read, for its names */
export function readStaticServices(options: OptionsReader<StaticLists>, given: StaticLists): ReadonlyMap<string, readonly StaticEntry[]> {
  const places = new Map<string, string>()
  const services = new Map<string, readonly StaticEntry[]>()
  for (const name of isRecord(given) ? Object.keys(given) : []) {
    const list: unknown = options.value(name)
    if (list === undefined) continue
    if (name === '') options.add('', 'a service without a name')
    if (!Array.isArray(list)) options.add(name, `expected a list of instances, got ${show(list)}`)
    const entries = options.list(name).map((instance, index) => {
      const entry = readInstance(name, instance)
      const place = `${name}[${index}]`
      const twin = entry && places.get(entry.id)
      if (twin !== undefined) instance.add('', `has the id of ${twin}, ${show(entry?.id)}`)
      else if (entry !== undefined) places.set(entry.id, place)
      return entry
    })
    services.set(
      name,
      entries.filter((entry) => entry !== undefined),
    )
  }
  return services
}

function readInstance(name: string, options: OptionsReader<StaticInstance>): StaticEntry | undefined {
  const address = readAddress(options)
  const id = readText(options, 'id')
  const zone = readText(options, 'zone')
  const tags = readTags(options)
  const metadata: unknown = options.value('metadata')
  if (metadata !== undefined && !isRecord(metadata)) options.add('metadata', `expected an object, got ${show(metadata)}`)
  const status = options.oneOf('status', ServiceStatus.UP, Object.values(ServiceStatus))
  if (address === undefined) return undefined
  return {
    id: id ?? instanceIdOf(name, address.host, address.port),
    name,
    ...address,
    metadata: Object.freeze(isRecord(metadata) ? { ...metadata } : {}),
    ...(zone !== undefined && { zone }),
    tags: Object.freeze([...tags]),
    status,
  }
}

type Address = Pick<ServiceInstance, 'host' | 'port' | 'protocol'>

function readAddress(options: OptionsReader<StaticInstance>): Address | undefined {
  const url: unknown = options.value('url')
  const host: unknown = options.value('host')
  const port = options.number('port', undefined, { min: 1, max: maxPort, integer: true })
  const protocol = options.oneOf('protocol', 'http', protocols)
  if (url !== undefined) {
    for (const part of ['host', 'port', 'protocol'] as const) if (options.has(part)) options.add(part, 'stands in the url already')
    return readUrl(options, url)
  }
  const name = typeof host === 'string' ? hostOf(host) : undefined
  if (name === undefined)
    options.add('host', host === undefined ? 'is required, or a url' : `expected a host name or an address, got ${show(host)}`)
  const resolvedPort = port ?? defaultPorts[protocol]
  if (resolvedPort === undefined) options.add('port', `is required for ${protocol}`)
  return name === undefined || resolvedPort === undefined ? undefined : { host: name, port: resolvedPort, protocol }
}

function readUrl(options: OptionsReader<StaticInstance>, text: unknown): Address | undefined {
  const address = addressOf(text)
  if (typeof address === 'object') return address
  options.add('', address)
  return undefined
}

/** What the URL says, or what is wrong with it. */
function addressOf(text: unknown): Address | string {
  const expected = `expected a URL such as 'http://10.0.0.1:3000', got ${show(text)}`
  if (typeof text !== 'string' || !URL.canParse(text)) return expected
  const url = new URL(text)
  const protocol = protocols.find((one) => url.protocol === `${one}:`)
  const host = hostOf(url.hostname)
  if (protocol === undefined || host === undefined) return expected
  if (url.username !== '' || url.password !== '') return 'credentials have no place in the URL of an instance'
  if ((url.pathname !== '/' && url.pathname !== '') || url.search !== '' || url.hash !== '') {
    return `expected a URL that ends with the port, got ${show(text)}`
  }
  const port = url.port === '' ? defaultPorts[protocol] : Number(url.port)
  if (port === undefined) return `needs a port, as ${protocol} has none of its own: ${show(text)}`
  return port === 0 ? `0 is no port: ${show(text)}` : { host, port, protocol }
}

function readTags(options: OptionsReader<StaticInstance>): readonly string[] {
  const tags: unknown = options.value('tags')
  if (tags === undefined) return []
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags
  options.add('tags', `expected an array of texts, got ${show(tags)}`)
  return []
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
