import { type Clock, TimerQueue, toError } from '@hazeljs/core'
import type { RedisClient } from './redis-client.js'
import { redisFailure, redisTimeout } from './redis-failure.js'
import type { RedisScript } from './scripts.js'

/** Answers that say that the connection is missing, not why. */
const isDisconnection = /^(Connection is closed|Reached the max retries|Stream isn't writeable|Command aborted)/

/**
 * Runs scripts, each for a bounded time: a client that is not connected keeps commands until it is. What comes later is dropped; a command
 * that was kept may still run.
 */
export class RedisCalls {
  readonly #client: RedisClient
  readonly #limits: TimerQueue
  readonly #timeoutMs: number
  #connectionError: Error | undefined
  readonly #onError = (error: Error) => {
    this.#connectionError = error
  }

  constructor(client: RedisClient, timeoutMs: number, clock: Clock) {
    this.#client = client
    this.#timeoutMs = timeoutMs
    this.#limits = new TimerQueue(clock, timeoutMs)
    client.on('error', this.#onError)
  }

  /** @throws {DiscoveryError} `REGISTRY_UNAVAILABLE`, or `REGISTRY_REFUSED` for a user without leave, with Redis' own error as its cause. */
  run(script: RedisScript, keys: readonly string[], ...args: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const limit = this.#limits.add(() => reject(redisTimeout(this.#client, this.#timeoutMs, this.#whyDisconnected)))
      this.#send(script, keys, args).then(
        (answer) => {
          this.#limits.remove(limit)
          resolve(answer)
        },
        (error: unknown) => {
          this.#limits.remove(limit)
          reject(this.#explain(toError(error)))
        },
      )
    })
  }

  close(): void {
    this.#client.off('error', this.#onError)
  }

  async #send({ source, sha1 }: RedisScript, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    try {
      return await this.#client.evalsha(sha1, keys.length, ...keys, ...args)
    } catch (error) {
      if (!toError(error).message.startsWith('NOSCRIPT')) throw error
      return this.#client.eval(source, keys.length, ...keys, ...args)
    }
  }

  #explain(error: Error): Error {
    return redisFailure(this.#client, isDisconnection.test(error.message) ? (this.#whyDisconnected ?? error) : error)
  }

  get #whyDisconnected(): Error | undefined {
    return this.#client.status === 'ready' ? undefined : this.#connectionError
  }
}
