import { type Duration, resolveOptions, show } from '@hazeljs/core'
import type { RedisCanaryClient } from './redis-canary-client.js'

export interface RedisCanaryStoreOptions {
  /**
   * Begins every key and channel, after the `keyPrefix` that the client itself may have. Default `hazeljs:canary:`. All who share rollouts have
   * to agree on it.
   */
  readonly keyPrefix?: string
  /** A call that takes longer fails. At least 1 ms. Default 1 s. */
  readonly callTimeout?: Duration
}

export interface ResolvedRedisCanaryStoreOptions {
  readonly keyPrefix: string
  readonly callTimeoutMs: number
}

export const defaultKeyPrefix = 'hazeljs:canary:'
export const defaultCallTimeoutMs = 1_000

const clientMethods = ['evalsha', 'eval', 'duplicate'] satisfies readonly (keyof RedisCanaryClient)[]

/** @throws ConfigError listing everything that is wrong. */
export function resolveRedisCanaryStoreOptions(client: unknown, options: RedisCanaryStoreOptions): ResolvedRedisCanaryStoreOptions {
  return resolveOptions(
    'RedisCanaryStore',
    (reader) => {
      if (!isClient(client)) reader.add('client', `expected a Redis or Cluster of ioredis, got ${show(client)}`)
      const keyPrefix = reader.string('keyPrefix', defaultKeyPrefix)
      // `{}` is no hash tag: the keys of one rollout would be spread over a cluster.
      if (/^[^{]*\{\}/.test(keyPrefix)) reader.add('keyPrefix', `expected something between { and }, got ${show(keyPrefix)}`)
      return { keyPrefix, callTimeoutMs: reader.duration('callTimeout', defaultCallTimeoutMs, 1) }
    },
    options,
  )
}

function isClient(client: unknown): boolean {
  if (typeof client !== 'object' || client === null) return false
  return clientMethods.every((name) => typeof (client as Record<string, unknown>)[name] === 'function')
}
