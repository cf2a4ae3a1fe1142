import { type Duration, type OptionsReader, resolveOptions, type ServiceProtocol, show } from '@hazeljs/core'
import type { RegistryBackend } from '../backends/registry-backend.js'
import { type BackendName, readBackend, readText } from '../config.js'

export interface ServiceRegistryConfig {
  readonly name: string
  /** Where others reach the instance. Default `127.0.0.1`. */
  readonly host?: string
  readonly port: number
  /** Default `http`. */
  readonly protocol?: ServiceProtocol
  /** Asked with GET; a 2xx answer is good. Without it there are no checks, and the instance is UP. */
  readonly healthCheckPath?: string
  /** Between the end of a check and the next, ±20 %. At least 10 ms. Default 10 s. */
  readonly healthCheckInterval?: Duration
  /** A check that takes longer is a bad one. At least 1 ms. Default 5 s. */
  readonly healthCheckTimeout?: Duration
  /** Good checks in a row that bring the instance from DOWN back to UP. Default 2; the very first good check is enough by itself. */
  readonly healthyThreshold?: number
  /** Bad checks in a row that take the instance from UP to DOWN. Default 3. */
  readonly unhealthyThreshold?: number
  /** `weight` is read by `weighted-round-robin`. */
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly zone?: string
  readonly tags?: readonly string[]
  /** Default `'memory'`: the one that all clients and registrations of this process share. */
  readonly backend?: RegistryBackend | BackendName
}

export const defaultHost = '127.0.0.1'
export const defaultHealthCheckIntervalMs = 10_000
export const minHealthCheckIntervalMs = 10
export const defaultHealthCheckTimeoutMs = 5_000
export const defaultHealthyThreshold = 2
export const defaultUnhealthyThreshold = 3

const protocols: readonly ServiceProtocol[] = ['http', 'https', 'grpc']
const maxPort = 65_535

export interface ResolvedRegistration {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly protocol: ServiceProtocol
  readonly healthCheckPath: string | undefined
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly healthyThreshold: number
  readonly unhealthyThreshold: number
  readonly metadata: Readonly<Record<string, unknown>>
  readonly zone: string | undefined
  readonly tags: readonly string[]
}

/** @throws {ConfigError} naming everything that is wrong. */
export function resolveRegistration(config: ServiceRegistryConfig): ResolvedRegistration {
  return resolveOptions('ServiceRegistry', readRegistration, config)
}

function readRegistration(options: OptionsReader<ServiceRegistryConfig>): ResolvedRegistration {
  const name = readText(options, 'name') ?? ''
  for (const option of ['name', 'port'] as const) if (!options.has(option)) options.add(option, 'is missing')
  readBackend(options)
  return {
    name,
    host: readText(options, 'host') ?? defaultHost,
    port: options.number('port', 0, { min: 1, max: maxPort, integer: true }),
    protocol: options.oneOf('protocol', 'http', protocols),
    healthCheckPath: readPath(options),
    intervalMs: options.duration('healthCheckInterval', defaultHealthCheckIntervalMs, minHealthCheckIntervalMs),
    timeoutMs: options.duration('healthCheckTimeout', defaultHealthCheckTimeoutMs, 1),
    healthyThreshold: options.number('healthyThreshold', defaultHealthyThreshold, { min: 1, integer: true }),
    unhealthyThreshold: options.number('unhealthyThreshold', defaultUnhealthyThreshold, { min: 1, integer: true }),
    metadata: readMetadata(options),
    zone: readText(options, 'zone'),
    tags: readTags(options),
  }
}

function readPath(options: OptionsReader<ServiceRegistryConfig>): string | undefined {
  const path: unknown = options.value('healthCheckPath')
  if (path === undefined) return undefined
  if (typeof path === 'string' && path.startsWith('/')) {
    if (options.value('protocol') === 'grpc') options.add('healthCheckPath', 'checks over grpc are not in this release yet')
    return path
  }
  options.add('healthCheckPath', `expected a path that starts with /, got ${show(path)}`)
  return undefined
}

function readTags(options: OptionsReader<ServiceRegistryConfig>): readonly string[] {
  const tags: unknown = options.value('tags')
  if (tags === undefined) return []
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags
  options.add('tags', `expected an array of texts, got ${show(tags)}`)
  return []
}

function readMetadata(options: OptionsReader<ServiceRegistryConfig>): Readonly<Record<string, unknown>> {
  const metadata: unknown = options.value('metadata')
  if (metadata === undefined) return {}
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)) return metadata as Record<string, unknown>
  options.add('metadata', `expected an object, got ${show(metadata)}`)
  return {}
}
