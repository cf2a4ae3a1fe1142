import { ConfigError, type Duration, type OptionsReader, resolveOptions, show } from '@hazeljs/core'
import type { ConsulClient } from './consul-client.js'

export interface ConsulBackendOptions {
  /** How long a registration lives without a heartbeat. At least 1 s. Default 30 s. */
  readonly ttl?: Duration
  /** When Consul forgets a registration that expired. Consul looks every 30 s. At least 1 min. Default 1 min. */
  readonly deregisterAfter?: Duration
  /**
   * How long Consul may hold back an answer while nothing changes: at most so long, and half of it at least. 100 ms to 10 min. Default: a third of
   * the ttl, so that an agent that hangs is noticed before it can take leases for expired.
   */
  readonly wait?: Duration
  /** How long any other answer may take. Default 4 s. */
  readonly requestTimeout?: Duration
}

export interface ResolvedConsulOptions {
  readonly ttlMs: number
  readonly deregisterAfterMs: number
  readonly waitMs: number
  readonly requestTimeoutMs: number
}

export const defaultConsulTtlMs = 30_000
export const defaultDeregisterAfterMs = 60_000
/** Also how much later than asked for the answer to a wait may come. */
export const defaultWaitsPerTtl = 3
/** Below the time in which registrations and clients want an answer, so that the error that names Consul wins. */
export const defaultRequestTimeoutMs = 4_000
const minTtlMs = 1_000
const minDeregisterAfterMs = 60_000
const minWaitMs = 100
const maxWaitMs = 600_000

/** @throws {ConfigError} for options that are wrong, and for a client that is none. */
export function resolveConsulOptions(client: ConsulClient, options: ConsulBackendOptions): ResolvedConsulOptions {
  const given: unknown = client
  if (typeof given !== 'object' || given === null || !('health' in given) || !('agent' in given) || !('catalog' in given)) {
    const message = `expected a client of the package consul, such as new Consul(), got ${show(given)}`
    throw new ConfigError('ConsulRegistryBackend', [{ path: 'client', message }])
  }
  return resolveOptions('ConsulRegistryBackend', readConsulOptions, options)
}

export function readConsulOptions(reader: OptionsReader<ConsulBackendOptions>): ResolvedConsulOptions {
  const ttlMs = Math.ceil(reader.duration('ttl', defaultConsulTtlMs, minTtlMs))
  const waitMs = reader.duration('wait', ttlMs / defaultWaitsPerTtl, minWaitMs)
  if (waitMs > maxWaitMs) reader.add('wait', `expected at most ${maxWaitMs} ms, got ${waitMs} ms`)
  return {
    ttlMs,
    deregisterAfterMs: Math.ceil(reader.duration('deregisterAfter', defaultDeregisterAfterMs, minDeregisterAfterMs)),
    waitMs,
    requestTimeoutMs: reader.duration('requestTimeout', defaultRequestTimeoutMs, 1),
  }
}
