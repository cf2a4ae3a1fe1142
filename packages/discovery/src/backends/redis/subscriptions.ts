import { type Clock, type Logger, type Random, type TimerHandle, toError } from '@hazeljs/core'
import { answerTimeoutMs, answerWithin } from '../answer-within.js'
import type { RedisClient, RedisSubscriber } from './redis-client.js'
import { addressOf, redisFailure } from './redis-failure.js'

/** Who listens to a channel. */
export interface ChannelListener {
  message(text: string): void
  /** From now on messages come; what was told before was missed. */
  connected(): void
  /** Messages may be missed from now on. */
  disconnected(error: Error): void
}

interface SubscriptionsDependencies {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Pauses between attempts to connect double from the first to the last, each ±20 %. */
export const firstReconnectPauseMs = 50
export const lastReconnectPauseMs = 2_000
export const reconnectJitter = 0.2

/** Channels that are listened to on a connection of their own, which is there while anybody listens. It is kept up, whatever becomes of it. */
export class Subscriptions {
  readonly #client: RedisClient
  readonly #dependencies: SubscriptionsDependencies
  readonly #listeners = new Map<string, ChannelListener>()
  #connection: RedisSubscriber | undefined
  #isReady = false
  #isLost = false
  #lastError: Error | undefined
  #failedAttempts = 0
  #reopenTimer: TimerHandle | undefined
  /** A connection that has come about and is not ready by then is given up: ioredis itself would wait for ever. */
  #readyTimer: TimerHandle | undefined

  constructor(client: RedisClient, dependencies: SubscriptionsDependencies) {
    this.#client = client
    this.#dependencies = dependencies
  }

  add(channel: string, listener: ChannelListener): void {
    this.#listeners.set(channel, listener)
    if (this.#connection === undefined) this.#open()
    else if (this.#isReady) this.#subscribe(this.#connection, [channel])
  }

  remove(channel: string): void {
    this.#listeners.delete(channel)
    if (this.#listeners.size === 0) this.close()
    else if (this.#isReady) this.#connection?.unsubscribe(channel).catch(connectionIsLost)
  }

  /** Connects anew: the connection seems to be open, but messages do not come. */
  reconnect(): void {
    this.#reopen(new Error('changes were not told on the open connection'))
  }

  close(): void {
    this.#dependencies.clock.clearTimer(this.#reopenTimer)
    this.#reopenTimer = undefined
    this.#drop()
  }

  #open(): void {
    this.#dependencies.clock.clearTimer(this.#reopenTimer)
    const connection = this.#duplicate()
    this.#connection = connection
    const whileCurrent =
      <A extends readonly unknown[]>(then: (...given: A) => void) =>
      (...given: A) => {
        if (this.#connection === connection) then(...given)
      }
    connection.on(
      'error',
      whileCurrent((error: Error) => {
        this.#lastError = error
        if (!this.#isReady) this.#onLost(error)
      }),
    )
    connection.on(
      'connect',
      whileCurrent(() => this.#awaitReady()),
    )
    connection.on(
      'ready',
      whileCurrent(() => {
        this.#isReady = true
        this.#dependencies.clock.clearTimer(this.#readyTimer)
        this.#subscribe(connection, [...this.#listeners.keys()])
      }),
    )
    connection.on(
      'close',
      whileCurrent(() => this.#onLost(this.#lastError ?? new Error('the connection was closed'))),
    )
    connection.on(
      'end',
      whileCurrent(() => this.#reopen(this.#lastError ?? new Error('the connection was closed'))),
    )
    connection.on(
      'message',
      whileCurrent((channel: string, text: string) => this.#listeners.get(channel)?.message(text)),
    )
    if (!this.#client.isCluster) return
    // A cluster's client changes the node that it listens to without a word, but says which nodes come and go.
    for (const event of ['+node', '-node'] as const) {
      connection.on(
        event,
        whileCurrent(() => {
          if (this.#isReady) this.#subscribe(connection, [...this.#listeners.keys()])
        }),
      )
    }
  }

  #duplicate(): RedisSubscriber {
    const retryStrategy = () => this.#nextPauseMs()
    // Its commands wait for nothing: each time that it is ready all channels are subscribed.
    const options = { lazyConnect: false, enableOfflineQueue: false, autoResubscribe: false }
    return this.#client.isCluster
      ? this.#client.duplicate([], { ...options, clusterRetryStrategy: retryStrategy })
      : this.#client.duplicate({ ...options, retryStrategy, maxRetriesPerRequest: null })
  }

  #subscribe(connection: RedisSubscriber, channels: readonly string[]): void {
    answerWithin(this.#dependencies.clock, () => connection.subscribe(...channels), { background: true }).then(
      () => {
        if (this.#connection !== connection || !this.#isReady) return
        this.#onSubscribed()
        for (const channel of channels) this.#listeners.get(channel)?.connected()
      },
      (error: unknown) => {
        if (this.#connection === connection && this.#isReady) this.#reopen(toError(error))
      },
    )
  }

  #onSubscribed(): void {
    this.#failedAttempts = 0
    this.#lastError = undefined
    if (!this.#isLost) return
    this.#isLost = false
    this.#dependencies.logger.info({ redis: addressOf(this.#client) }, 'Changes in Redis are told again')
  }

  #awaitReady(): void {
    const { clock } = this.#dependencies
    const onDue = () => this.#reopen(new Error(`nothing came within ${answerTimeoutMs} ms on a connection that was made`))
    clock.clearTimer(this.#readyTimer)
    this.#readyTimer = clock.setTimer(onDue, answerTimeoutMs, { background: true })
  }

  #onLost(reason: Error): void {
    this.#isReady = false
    this.#dependencies.clock.clearTimer(this.#readyTimer)
    const error = redisFailure(this.#client, reason)
    if (!this.#isLost) {
      this.#isLost = true
      this.#dependencies.logger.warn({ error: error.message }, 'Changes in Redis are not told for now; trying on')
    }
    for (const listener of [...this.#listeners.values()]) listener.disconnected(error)
  }

  #reopen(reason: Error): void {
    this.#drop()
    this.#onLost(reason)
    if (this.#listeners.size === 0) return
    this.#reopenTimer = this.#dependencies.clock.setTimer(() => this.#open(), this.#nextPauseMs(), { background: true })
  }

  #drop(): void {
    const connection = this.#connection
    this.#connection = undefined
    this.#isReady = false
    this.#dependencies.clock.clearTimer(this.#readyTimer)
    connection?.disconnect()
  }

  #nextPauseMs(): number {
    const pauseMs = Math.min(firstReconnectPauseMs * 2 ** this.#failedAttempts, lastReconnectPauseMs)
    this.#failedAttempts++
    return Math.round(pauseMs * (1 + reconnectJitter * (2 * this.#dependencies.random.next() - 1)))
  }
}

/** An unsubscription that fails is none too many: the next connection subscribes only to what is listened to. */
function connectionIsLost(): void {
  // nothing is left to do
}
