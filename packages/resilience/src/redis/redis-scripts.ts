import { createHash } from 'node:crypto'

/**
 * The part of a Redis client that is called here, alone or of a cluster. `Redis` and `Cluster` of ioredis 5 fit as they are; another client
 * needs but two lines around its own.
 */
export interface RedisScripts {
  /** Runs a script that the server knows by its SHA-1, on the first `keys` of the arguments as keys. */
  evalsha(sha1: string, keys: number, ...args: string[]): Promise<unknown>
  /** Runs a script, and makes the server remember it. */
  eval(script: string, keys: number, ...args: string[]): Promise<unknown>
}

/** A Lua script, sent whole only to a server that does not know it: after SCRIPT FLUSH, a restart or a failover. */
export class RedisScript {
  readonly #source: string
  readonly #sha1: string

  constructor(source: string) {
    this.#source = source
    this.#sha1 = createHash('sha1').update(source).digest('hex')
  }

  /** One round trip; two where the server does not know the script. */
  async run(redis: RedisScripts, key: string, ...args: string[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#sha1, 1, key, ...args)
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return redis.eval(this.#source, 1, key, ...args)
    }
  }
}
