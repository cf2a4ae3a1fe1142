import {
  type Duration,
  type OptionsReader,
  resolveOptions,
  type ServiceProtocol,
  show,
  type ShutdownSignal,
  shutdownSignals,
} from '@hazeljs/core'
import type { BackendChoice } from '../backends/by-name/backend-config.js'
import type { OpenBackend } from '../backends/by-name/open-backend.js'
import { readBackend } from '../backends/by-name/read-backend.js'
import { hostOf } from '../host.js'
import { readText } from '../text-option.js'
import { type CheckConfig, readCheck, type ResolvedCheck } from './check.js'

/** What is not about the registry. */
export interface ServiceRegistryOptions extends CheckConfig {
  readonly name: string
  /** Where others reach the instance: a name or an address, not `0.0.0.0`. Default `127.0.0.1`. */
  readonly host?: string
  readonly port: number
  /** Default `http`. */
  readonly protocol?: ServiceProtocol
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
  /**
   * What `register()` does when the registry does not take the instance: `true` tries again until it does, with pauses from 1 s to 30 s;
   * `false`, the default, rejects.
   */
  readonly retryRegistration?: boolean
  /** How long the instance is OUT_OF_SERVICE before it is deregistered, when it is shut down. Default 5 s. */
  readonly drain?: Duration
  /**
   * Signals on which the instance is shut down as by `shutdown()`. The process dies by the signal afterwards, unless others listen to it: then
   * the end is theirs. `true` is SIGTERM and SIGINT. Default: SIGTERM, and none with a memory backend, whose registry ends with the process.
   */
  readonly shutdownOnSignals?: boolean | readonly ShutdownSignal[]
}

export type ServiceRegistryConfig = ServiceRegistryOptions & BackendChoice

export const defaultHost = '127.0.0.1'
export const defaultHealthCheckIntervalMs = 10_000
export const minHealthCheckIntervalMs = 10
export const defaultHealthCheckTimeoutMs = 5_000
export const defaultHealthyThreshold = 2
export const defaultUnhealthyThreshold = 3
export const defaultDrainMs = 5_000
export const defaultShutdownSignals: readonly ShutdownSignal[] = ['SIGTERM']

const protocols: readonly ServiceProtocol[] = ['http', 'https', 'grpc']
const maxPort = 65_535

export interface ResolvedRegistration {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly protocol: ServiceProtocol
  /** `undefined` for none. */
  readonly check: ResolvedCheck | undefined
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly healthyThreshold: number
  readonly unhealthyThreshold: number
  readonly metadata: Readonly<Record<string, unknown>>
  readonly zone: string | undefined
  readonly tags: readonly string[]
  readonly retry: boolean
  readonly drainMs: number
  /** `undefined`: as the backend is. */
  readonly signals: readonly ShutdownSignal[] | undefined
  readonly openBackend: OpenBackend
}

/** @throws {ConfigError} naming everything that is wrong. */
export function resolveRegistration(config: ServiceRegistryConfig): ResolvedRegistration {
  return resolveOptions('ServiceRegistry', readRegistration, config)
}

export function readRegistration(options: OptionsReader<ServiceRegistryConfig>): ResolvedRegistration {
  const name = readText(options, 'name') ?? ''
  for (const option of ['name', 'port'] as const) if (!options.has(option)) options.add(option, 'is missing')
  const openBackend = readBackend(options)
  return {
    name,
    host: readHost(options),
    port: options.number('port', 0, { min: 1, max: maxPort, integer: true }),
    protocol: options.oneOf('protocol', 'http', protocols),
    check: readCheck(options),
    intervalMs: options.duration('healthCheckInterval', defaultHealthCheckIntervalMs, minHealthCheckIntervalMs),
    timeoutMs: options.duration('healthCheckTimeout', defaultHealthCheckTimeoutMs, 1),
    healthyThreshold: options.number('healthyThreshold', defaultHealthyThreshold, { min: 1, integer: true }),
    unhealthyThreshold: options.number('unhealthyThreshold', defaultUnhealthyThreshold, { min: 1, integer: true }),
    metadata: readMetadata(options),
    zone: readText(options, 'zone'),
    tags: readTags(options),
    retry: options.boolean('retryRegistration', false),
    drainMs: options.duration('drain', defaultDrainMs),
    signals: readSignals(options),
    openBackend,
  }
}

/** Servers listen on an address that means all of the machine; for whoever is told it, it means their own. */
const listeningHosts: readonly unknown[] = ['0.0.0.0', '::']

function readHost(options: OptionsReader<ServiceRegistryConfig>): string {
  const text = readText(options, 'host')
  if (text === undefined) return defaultHost
  const host = hostOf(text)
  if (host === undefined) options.add('host', `expected a host name or an address, without protocol and port, got ${show(text)}`)
  if (listeningHosts.includes(host))
    options.add('host', `${show(text)} is an address to listen on; give the one at which others reach the instance`)
  return host ?? defaultHost
}

function readSignals(options: OptionsReader<ServiceRegistryConfig>): readonly ShutdownSignal[] | undefined {
  const signals: unknown = options.value('shutdownOnSignals')
  if (signals === undefined) return undefined
  if (typeof signals === 'boolean') return signals ? ['SIGTERM', 'SIGINT'] : []
  if (Array.isArray(signals) && signals.every((signal) => shutdownSignals.includes(signal as ShutdownSignal)))
    return signals as ShutdownSignal[]
  options.add('shutdownOnSignals', `expected true, false or a list of ${shutdownSignals.map(show).join(', ')}, got ${show(signals)}`)
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
