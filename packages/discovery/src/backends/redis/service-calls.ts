import type { ChangeCount } from './change-message.js'
import type { RedisCalls } from './redis-calls.js'
import type { ServiceKeys } from './registry-keys.js'
import { expireScript, type RedisScript, syncScript } from './scripts.js'
import type { ServiceListing } from './service-state.js'

/** What a service is like now. */
export interface SyncAnswer {
  /** Negative without any lease. */
  readonly untilExpiryMs: number
  /** Where anything has changed. */
  readonly listing: ServiceListing | undefined
}

/** A count that no registry has: whoever knows it is behind. */
const nothing: ChangeCount = { epoch: 'none', sequence: 0 }

/** Runs scripts on the keys of one service. */
export class ServiceCalls {
  readonly #calls: RedisCalls
  readonly #keys: readonly string[]
  readonly #channel: string

  constructor(calls: RedisCalls, { instances, expiries, changes, channel }: ServiceKeys) {
    this.#calls = calls
    this.#keys = [instances, expiries, changes]
    this.#channel = channel
  }

  /** @throws {DiscoveryError} `REGISTRY_UNAVAILABLE`, `REGISTRY_REFUSED` */
  run(script: RedisScript, ...args: readonly string[]): Promise<unknown> {
    return this.#calls.run(script, this.#keys, this.#channel, ...args)
  }

  /** What has changed since `known`; all without it. @throws as {@link run} */
  async sync(known: ChangeCount = nothing): Promise<SyncAnswer> {
    const answer = await this.run(syncScript, known.epoch, String(known.sequence))
    const [untilExpiryMs, epoch, sequence, entries] = answer as readonly [number, string?, string?, unknown?]
    const listing = epoch === undefined ? undefined : { count: { epoch, sequence: Number(sequence) }, entries }
    return { untilExpiryMs: untilExpiryMs, listing }
  }

  /** Takes out what has expired. @returns how long until the next lease ends; negative without any. @throws as {@link run} */
  async expire(): Promise<number> {
    return (await this.run(expireScript)) as number
  }
}
