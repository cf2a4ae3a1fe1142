import { type Duration, durationMs, type OptionsReader, resolveOptions, show } from '@hazeljs/core'
import type { RedisClient } from './redis-client.js'

export interface RedisBackendOptions {
  /**
   * Begins every key and channel, after the `keyPrefix` that the client itself may have. Default `hazeljs:discovery:`. All who share a
   * registry have to agree on it.
   */
  readonly keyPrefix?: string
  /**
   * How long a registration lives without a heartbeat: a number is seconds, a text a duration such as `'90s'`. At least 0.1 s. Default 90 s.
   * All who share a registry should agree on it.
   */
  readonly ttl?: number | string
  /** How often a watch makes sure that it missed nothing, ±20 %. At least 100 ms. Default 30 s. */
  readonly resyncInterval?: Duration
  /** A call that takes longer fails. At least 1 ms. Default 3 s. */
  readonly callTimeout?: Duration
}

export interface ResolvedRedisBackendOptions {
  readonly keyPrefix: string
  readonly ttlMs: number
  readonly resyncIntervalMs: number
  readonly callTimeoutMs: number
}

export const defaultKeyPrefix = 'hazeljs:discovery:'
export const defaultTtlMs = 90_000
export const minTtlMs = 100
export const defaultResyncIntervalMs = 30_000
export const minResyncIntervalMs = 100
/** Below the time in which a `DiscoveryClient` wants a listing, so that the error that names the server wins. */
export const defaultCallTimeoutMs = 3_000

const clientMethods = ['evalsha', 'eval', 'duplicate', 'on', 'off'] satisfies readonly (keyof RedisClient)[]

/** @throws {ConfigError} listing everything that is wrong. */
export function resolveRedisBackendOptions(client: unknown, options: RedisBackendOptions): ResolvedRedisBackendOptions {
  const read = (reader: OptionsReader<RedisBackendOptions>): ResolvedRedisBackendOptions => {
    if (!isClient(client)) reader.add('redisClient', `expected a Redis or Cluster of ioredis, got ${show(client)}`)
    return readRedisBackendOptions(reader)
  }
  return resolveOptions('RedisRegistryBackend', read, options)
}

export function readRedisBackendOptions(reader: OptionsReader<RedisBackendOptions>): ResolvedRedisBackendOptions {
  return {
    keyPrefix: readKeyPrefix(reader),
    ttlMs: readTtl(reader),
    resyncIntervalMs: reader.duration('resyncInterval', defaultResyncIntervalMs, minResyncIntervalMs),
    callTimeoutMs: reader.duration('callTimeout', defaultCallTimeoutMs, 1),
  }
}

/** `{}` is no hash tag: keys of one service would be spread over a cluster. */
function readKeyPrefix(reader: OptionsReader<RedisBackendOptions>): string {
  const prefix = reader.string('keyPrefix', defaultKeyPrefix)
  if (/^[^{]*\{\}/.test(prefix)) reader.add('keyPrefix', `expected something between { and }, got ${show(prefix)}`)
  return prefix
}

function readTtl(reader: OptionsReader<RedisBackendOptions>): number {
  const ttl: unknown = reader.value('ttl')
  if (ttl === undefined) return defaultTtlMs
  const ms = durationMs(typeof ttl === 'number' ? ttl * 1_000 : ttl)
  if (ms !== undefined && ms >= minTtlMs) return ms
  reader.add('ttl', `expected seconds, or a string such as '90s', of at least ${minTtlMs} ms, got ${show(ttl)}`)
  return defaultTtlMs
}

function isClient(client: unknown): boolean {
  if (typeof client !== 'object' || client === null) return false
  return clientMethods.every((name) => typeof (client as Record<string, unknown>)[name] === 'function')
}
