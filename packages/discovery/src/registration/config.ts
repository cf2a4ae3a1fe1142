import { type Duration, OptionsCheck, type ServiceProtocol, show } from '@hazeljs/core'
import type { RegistryBackend } from '../backends/registry-backend.js'
import { type BackendName, checkBackend, checkName } from '../config.js'

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

const knownOptions = [
  'name',
  'host',
  'port',
  'protocol',
  'healthCheckPath',
  'healthCheckInterval',
  'healthCheckTimeout',
  'healthyThreshold',
  'unhealthyThreshold',
  'metadata',
  'zone',
  'tags',
  'backend',
]
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
  const check = new OptionsCheck('ServiceRegistry')
  check.known('', config, knownOptions)
  for (const option of ['name', 'host', 'zone'] as const) checkName(check, option, config[option])
  checkPresent(check, config)
  checkBackend(check, config.backend)
  checkPath(check, config.healthCheckPath, config.protocol)
  checkTags(check, config.tags)
  checkMetadata(check, config.metadata)
  const resolved: ResolvedRegistration = {
    name: config.name,
    host: config.host ?? defaultHost,
    port: check.number('port', config.port, 0, { min: 1, max: maxPort, integer: true }),
    protocol: check.oneOf('protocol', config.protocol, 'http', protocols),
    healthCheckPath: config.healthCheckPath,
    intervalMs: check.duration('healthCheckInterval', config.healthCheckInterval, defaultHealthCheckIntervalMs, minHealthCheckIntervalMs),
    timeoutMs: check.duration('healthCheckTimeout', config.healthCheckTimeout, defaultHealthCheckTimeoutMs, 1),
    healthyThreshold: check.number('healthyThreshold', config.healthyThreshold, defaultHealthyThreshold, { min: 1, integer: true }),
    unhealthyThreshold: check.number('unhealthyThreshold', config.unhealthyThreshold, defaultUnhealthyThreshold, { min: 1, integer: true }),
    metadata: config.metadata ?? {},
    zone: config.zone,
    tags: config.tags ?? [],
  }
  check.done()
  return resolved
}

function checkPresent(check: OptionsCheck, config: Partial<ServiceRegistryConfig>): void {
  for (const option of ['name', 'port'] as const) if (config[option] === undefined) check.add(option, 'is missing')
}

function checkPath(check: OptionsCheck, path: unknown, protocol: unknown): void {
  if (path === undefined) return
  if (typeof path !== 'string' || !path.startsWith('/')) {
    check.add('healthCheckPath', `expected a path that starts with /, got ${show(path)}`)
  } else if (protocol === 'grpc') {
    check.add('healthCheckPath', 'checks over grpc are not in this release yet')
  }
}

function checkTags(check: OptionsCheck, tags: unknown): void {
  if (tags === undefined || (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'))) return
  check.add('tags', `expected an array of texts, got ${show(tags)}`)
}

function checkMetadata(check: OptionsCheck, metadata: unknown): void {
  if (metadata === undefined || (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata))) return
  check.add('metadata', `expected an object, got ${show(metadata)}`)
}
