import type { RedisClient } from './redis-client.js'

/** The keys of one service. They share a hash tag, so that one script may use all of them in a cluster. */
export interface ServiceKeys {
  /** A hash: id → the instance as JSON. */
  readonly instances: string
  /** A sorted set: id → when its lease ends, in milliseconds of the server's clock. */
  readonly expiries: string
  /** A hash: the `epoch` in which changes are counted, and the `sequence` number of the last one. */
  readonly changes: string
  /** Where changes are told. Its name is a key's with the client's own prefix and database, which Redis does not apply to channels. */
  readonly channel: string
}

/** The names under which a registry keeps what it knows. */
export class RegistryKeys {
  readonly #prefix: string
  readonly #channelPrefix: string

  constructor(prefix: string, client: RedisClient) {
    const { keyPrefix = '', db = 0 } = client.options as { readonly keyPrefix?: string; readonly db?: number }
    this.#prefix = prefix
    this.#channelPrefix = `${keyPrefix}${prefix}${db > 0 ? `${db}:` : ''}`
  }

  ofService(name: string): ServiceKeys {
    const tagged = `{${escape(name)}}`
    const key = `${this.#prefix}${tagged}`
    return {
      instances: `${key}:instances`,
      expiries: `${key}:expiries`,
      changes: `${key}:changes`,
      channel: `${this.#channelPrefix}${tagged}:changes`,
    }
  }

  /** A sorted set of the names of services → when one was last seen to have an instance. */
  get services(): string {
    return `${this.#prefix}services`
  }

  /** The service of an instance whose id does not tell it. */
  ownerOf(id: string): string {
    return `${this.#prefix}owner:${id}`
  }
}

/** A brace in a name would end the hash tag early, or make it an empty one, which is none. */
function escape(name: string): string {
  return name.replace(/[{}%]/g, encodeURIComponent)
}
