import { type Clock, guardClock, systemClock, toError } from '@hazeljs/core'
import { boundedCall } from '../canary/sharing/bounded-call.js'
import type { CanaryStore, RolloutReport, StoredRollout } from '../canary/sharing/canary-store.js'
import { CanaryStoreError, unknownRollout } from '../canary/sharing/canary-store-error.js'
import type { RolloutState } from '../canary/rollout/rollout.js'
import { Announcements } from './announcements.js'
import { type RedisCanaryStoreOptions, type ResolvedRedisCanaryStoreOptions, resolveRedisCanaryStoreOptions } from './options.js'
import type { RedisCanaryClient } from './redis-canary-client.js'
import { rolloutKeys } from './rollout-keys.js'
import { openScript, removeScript, reportScript, type RolloutScript, updateScript } from './rollout-scripts.js'
import { memberText, readRolloutText, tallyText } from './rollout-text.js'

/** A client in these has no connection and keeps commands, for longer than they are worth. */
const withoutConnection: ReadonlySet<string> = new Set(['reconnecting', 'close', 'end', 'disconnecting'])

/**
 * Rollouts in Redis, 5 or later, alone or a cluster: one script and one round trip a call. Leases end on the server's clock. Watches hear of
 * changes over a connection of their own, which is there while anybody watches.
 *
 * The client stays its owner's: connect and close it, and listen to its `error` event.
 */
export class RedisCanaryStore implements CanaryStore {
  readonly #client: RedisCanaryClient
  readonly #options: ResolvedRedisCanaryStoreOptions
  readonly #clock: Clock
  readonly #announcements: Announcements

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(client: RedisCanaryClient, options: RedisCanaryStoreOptions = {}, clock: Clock = systemClock) {
    this.#options = resolveRedisCanaryStoreOptions(client, options)
    this.#client = client
    this.#clock = guardClock(clock)
    this.#announcements = new Announcements(client)
  }

  /** As all methods: @throws CanaryStoreError `CANARY_STORE_UNAVAILABLE`, with what Redis or its client said as the cause, or `ROLLOUT_UNREADABLE`. */
  async open(id: string, initial: RolloutState): Promise<StoredRollout> {
    return readRolloutText(await this.#run(openScript, id, String(initial.epoch), JSON.stringify(initial)))
  }

  async report(id: string, { member, epoch, tally, leaseMs }: RolloutReport): Promise<StoredRollout> {
    const lease = String(Math.max(0, Math.ceil(leaseMs)))
    const text = await this.#run(reportScript, id, memberText(member), String(epoch), tallyText(tally), lease)
    if (text === null) throw unknownRollout(id)
    return readRolloutText(text)
  }

  async update(id: string, revision: number, next: RolloutState, leader = ''): Promise<StoredRollout | undefined> {
    const text = await this.#run(updateScript, id, String(revision), String(next.epoch), JSON.stringify(next), memberText(leader))
    return text === null ? undefined : readRolloutText(text)
  }

  watch(id: string, listener: (stored: StoredRollout) => void): () => void {
    const { channel } = rolloutKeys(id, this.#options.keyPrefix, this.#client)
    return this.#announcements.listen(channel, (text) => listener(readRolloutText(text)))
  }

  async remove(id: string): Promise<void> {
    await this.#run(removeScript, id)
  }

  /** Ends all watches with their connection. */
  async close(): Promise<void> {
    this.#announcements.close()
  }

  async #run(script: RolloutScript, id: string, ...args: readonly string[]): Promise<unknown> {
    const { status } = this.#client
    if (withoutConnection.has(status))
      throw new CanaryStoreError('CANARY_STORE_UNAVAILABLE', `The store of canaries has no connection to Redis: its client is ${status}`)
    const { keys, channel } = rolloutKeys(id, this.#options.keyPrefix, this.#client)
    try {
      return await boundedCall(this.#clock, this.#options.callTimeoutMs, () => this.#send(script, [...keys, channel, ...args], keys.length))
    } catch (error) {
      throw explained(toError(error), keys[0])
    }
  }

  async #send({ sha1, source }: RolloutScript, args: readonly string[], keys: number): Promise<unknown> {
    try {
      return await this.#client.evalsha(sha1, keys, ...args)
    } catch (error) {
      if (!toError(error).message.startsWith('NOSCRIPT')) throw error
      return this.#client.eval(source, keys, ...args)
    }
  }
}

function explained(error: Error, key: string): CanaryStoreError {
  if (error instanceof CanaryStoreError) return error
  const { message } = error
  // An error of ioredis holds the command with its arguments, which would be logged.
  const options = { cause: 'command' in error ? new Error(message) : error }
  if (message.startsWith('UNREADABLE'))
    return new CanaryStoreError('ROLLOUT_UNREADABLE', `A rollout in Redis can't be read: ${message.slice('UNREADABLE '.length)}`, options)
  if (message.includes('WRONGTYPE'))
    return new CanaryStoreError(
      'ROLLOUT_UNREADABLE',
      `A rollout in Redis can't be read: ${key}, or a key beside it, is of another type`,
      options,
    )
  return new CanaryStoreError('CANARY_STORE_UNAVAILABLE', `The store of canaries can't use Redis: ${message}`, options)
}
