import { Redis, type RedisOptions } from 'ioredis'
import { RedisCanaryStore, type RedisCanaryStoreOptions } from '../../src/redis/index.js'

/** A client whose error events have a listener, as a user's should. */
export function clientOf(port: number, options: RedisOptions = {}): Redis {
  const redis = new Redis(port, '127.0.0.1', { disableClientInfo: true, ...options })
  redis.on('error', () => undefined)
  return redis
}

/** Stores with a client each, which are closed together. */
export class Stores {
  readonly #port: number
  readonly #closing: (() => Promise<void>)[] = []

  constructor(port: number) {
    this.#port = port
  }

  open(options: RedisCanaryStoreOptions = {}, clientOptions: RedisOptions = {}): RedisCanaryStore {
    const redis = clientOf(this.#port, clientOptions)
    const store = new RedisCanaryStore(redis, options)
    this.#closing.push(async () => {
      await store.close()
      redis.disconnect()
    })
    return store
  }

  async close(): Promise<void> {
    await Promise.all(this.#closing.splice(0).map((close) => close()))
  }
}
