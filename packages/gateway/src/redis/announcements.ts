import { reportFault, tell } from '@hazeljs/core'
import type { RedisCanaryClient, RedisCanarySubscriber } from './redis-canary-client.js'

type Listener = (text: string) => void

/** Pauses between attempts to connect double from the first to the last. */
const firstReconnectPauseMs = 50
const lastReconnectPauseMs = 2_000

/**
 * Channels that are listened to on a connection of their own, which is there while anybody listens. What is told while it is away is missed:
 * reports find it.
 */
export class Announcements {
  readonly #client: RedisCanaryClient
  readonly #listeners = new Map<string, Set<Listener>>()
  #connection: RedisCanarySubscriber | undefined

  constructor(client: RedisCanaryClient) {
    this.#client = client
  }

  /** @returns what ends it */
  listen(channel: string, listener: Listener): () => void {
    // One of its own, so that who listens twice is told twice.
    const own: Listener = (text) => listener(text)
    const listeners = this.#listeners.get(channel)
    if (listeners !== undefined) listeners.add(own)
    else {
      // Before anything is noted: a client may throw, and be asked again.
      this.#connection ??= this.#connect()
      this.#subscribe(this.#connection, channel)
      this.#listeners.set(channel, new Set([own]))
    }
    return () => this.#remove(channel, own)
  }

  close(): void {
    this.#listeners.clear()
    const connection = this.#connection
    this.#connection = undefined
    connection?.disconnect()
  }

  #remove(channel: string, listener: Listener): void {
    const listeners = this.#listeners.get(channel)
    if (listeners?.delete(listener) !== true || listeners.size > 0) return
    this.#listeners.delete(channel)
    if (this.#listeners.size === 0) this.close()
    else this.#connection?.unsubscribe(channel).catch(ignored)
  }

  #connect(): RedisCanarySubscriber {
    const pauseMs = (attempt: number) => Math.min(firstReconnectPauseMs * 2 ** attempt, lastReconnectPauseMs)
    const options = { lazyConnect: false, enableOfflineQueue: true, autoResubscribe: true }
    const connection = this.#client.isCluster
      ? this.#client.duplicate([], { ...options, clusterRetryStrategy: pauseMs })
      : this.#client.duplicate({ ...options, retryStrategy: pauseMs, maxRetriesPerRequest: null })
    connection.on('error', ignored)
    connection.on('message', (channel, text) => {
      for (const listener of [...(this.#listeners.get(channel) ?? [])]) tell('A watch of a rollout', () => listener(text))
    })
    return connection
  }

  #subscribe(connection: RedisCanarySubscriber, channel: string): void {
    connection.subscribe(channel).catch((error: unknown) => {
      if (this.#connection === connection) reportFault('The watch of rollouts in Redis', error)
    })
  }
}

/** Calls of the store tell of the same outage, and there somebody waits for it. */
function ignored(): void {
  // nothing is left to do
}
