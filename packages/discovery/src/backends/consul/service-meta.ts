import { ConfigError, type ServiceInstance } from '@hazeljs/core'

/** Consul's limits. */
const maxPairs = 64
const maxKeyLength = 128
const maxValueBytes = 512
/** What is more goes into the record, so that the record has room. */
const maxPlainPairs = 40
const recordKey = 'hazeljs'
const recordKeys = new RegExp(`^${recordKey}(-\\d+)?$`)

type Meta = Readonly<Record<string, string>>

/** What Consul has no place of its own for. */
interface Rest {
  readonly protocol?: unknown
  readonly healthCheckPath?: unknown
  readonly healthCheckInterval?: unknown
  readonly zone?: unknown
  readonly registeredAt?: unknown
  /** Keys of metadata whose pairs hold JSON: what is no text. */
  readonly json?: readonly string[]
  /** Metadata that is no pair of Consul's: the key has other characters, or the value is too long. */
  readonly more?: readonly (readonly [key: string, value: unknown])[]
}

/**
 * Metadata as pairs of Consul's, which everyone can read and filter by, and the rest of an instance as one record in JSON. The record is cut
 * into as many pairs as it takes.
 *
 * @throws {ConfigError} for metadata that is more than Consul holds, or that JSON cannot hold.
 */
export function encodeMeta(instance: ServiceInstance): Meta {
  const pairs = new Map<string, string>()
  const json: string[] = []
  const more: (readonly [string, unknown])[] = []
  for (const [key, value] of Object.entries(instance.metadata)) {
    const text = typeof value === 'string' ? value : toJson(key, value)
    if (text === undefined) continue
    if (pairs.size >= maxPlainPairs || !isPlainKey(key) || Buffer.byteLength(text) > maxValueBytes) more.push([key, value])
    else {
      pairs.set(key, text)
      if (typeof value !== 'string') json.push(key)
    }
  }
  const { protocol, healthCheckPath, healthCheckInterval, zone, registeredAt } = instance
  const lists = { ...(json.length > 0 && { json }), ...(more.length > 0 && { more }) }
  const record: Rest = { protocol, healthCheckPath, healthCheckInterval, zone, registeredAt, ...lists }
  cut(ascii(JSON.stringify(record))).forEach((part, index) => pairs.set(index === 0 ? recordKey : `${recordKey}-${index}`, part))
  if (pairs.size > maxPairs) {
    const message = `takes ${pairs.size} pairs of Consul's meta, which holds ${maxPairs} of ${maxValueBytes} bytes; keep what is large elsewhere`
    throw new ConfigError('ConsulRegistryBackend', [{ path: 'metadata', message }])
  }
  return Object.fromEntries(pairs)
}

/**
 * The parts of an instance that its meta holds. Of a service that somebody else registered: all as metadata, and `zone` and `protocol` of it
 * where they say something.
 *
 * @throws {Error} for a record that is none.
 */
export function decodeMeta(meta: Meta): Omit<Rest, 'json' | 'more'> & { readonly metadata: Readonly<Record<string, unknown>> } {
  if (meta[recordKey] === undefined) return { ...foreignParts(meta), metadata: meta }
  let text = meta[recordKey]
  for (let index = 1, part = meta[`${recordKey}-1`]; part !== undefined; part = meta[`${recordKey}-${++index}`]) text += part
  const { json = [], more = [], ...rest } = readRecord(text)
  const plain = Object.entries(meta).filter(([key]) => !recordKeys.test(key))
  const read = plain.map(([key, value]): [string, unknown] => [key, json.includes(key) ? parse(key, value) : value])
  return { ...rest, metadata: Object.fromEntries([...read, ...more]) }
}

/** Whether it was registered by a backend of this kind. */
export function isOwn(meta: Meta): boolean {
  return meta[recordKey] !== undefined
}

function foreignParts({ zone, protocol }: Meta): Pick<Rest, 'zone' | 'protocol'> {
  const known = protocol === 'http' || protocol === 'https' || protocol === 'grpc'
  return { ...(zone !== undefined && zone !== '' && { zone }), ...(known && { protocol }) }
}

function readRecord(text: string): Rest {
  const record = parse(recordKey, text)
  if (typeof record !== 'object' || record === null) throw new Error(`meta ${recordKey} is no record`)
  const { json = [], more = [] } = record as Rest
  if (!Array.isArray(json) || !Array.isArray(more) || !more.every(Array.isArray)) throw new Error(`meta ${recordKey} is no record`)
  return record
}

function parse(key: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new Error(`meta ${key} is no JSON`, { cause })
  }
}

function toJson(key: string, value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    throw new ConfigError('ConsulRegistryBackend', [{ path: `metadata.${key}`, message: `JSON cannot hold it: ${String(cause)}` }])
  }
}

function isPlainKey(key: string): boolean {
  return /^[\w-]+$/.test(key) && key.length <= maxKeyLength && !key.startsWith('consul-') && !recordKeys.test(key)
}

/** A character a byte, so that the text may be cut anywhere. */
function ascii(text: string): string {
  return text.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function cut(text: string): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / maxValueBytes) }, (_, index) =>
    text.slice(index * maxValueBytes, (index + 1) * maxValueBytes),
  )
}
