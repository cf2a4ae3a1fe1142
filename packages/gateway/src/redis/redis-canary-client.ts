/** A connection that only listens to channels. */
export interface RedisCanarySubscriber {
  subscribe(...channels: string[]): Promise<unknown>
  unsubscribe(...channels: string[]): Promise<unknown>
  disconnect(): void
  on(event: 'message', listener: (channel: string, message: string) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** The part of a Redis client that the store calls: `Redis` and `Cluster` of ioredis 5 fit as they are. */
export interface RedisCanaryClient {
  /** Runs a script that the server knows by its SHA-1, on the first `keys` of the arguments as keys. */
  evalsha(sha1: string, keys: number, ...args: string[]): Promise<unknown>
  /** Runs a script, and makes the server remember it. */
  eval(script: string, keys: number, ...args: string[]): Promise<unknown>
  /** A client of the same server: of one server its argument are options, of a cluster the nodes and the options. */
  duplicate(optionsOrNodes?: object, options?: object): RedisCanarySubscriber
  readonly isCluster: boolean
  readonly status: string
  /** Read for the `keyPrefix` and the `db` that channels do not know of. */
  readonly options: object
}
