import { Redis, type RedisOptions } from 'ioredis'
import { RedisRegistryBackend, type RedisBackendOptions, type RegistryBackend, type RegistryEvent } from '@hazeljs/discovery'
import type { BackendDependencies } from '../../src/backends/backend-dependencies.js'

/** A client whose error events have a listener, as a user's should. */
export function clientOf(port: number, options: RedisOptions = {}): Redis {
  const redis = new Redis(port, '127.0.0.1', { disableClientInfo: true, ...options })
  redis.on('error', () => undefined)
  return redis
}

/** Backends with a client each, which are closed together. */
export class Backends {
  readonly #port: number
  readonly #closing: (() => Promise<void>)[] = []

  constructor(port: number) {
    this.#port = port
  }

  open(options: RedisBackendOptions = {}, clientOptions: RedisOptions = {}, dependencies: BackendDependencies = {}): RedisRegistryBackend {
    const redis = clientOf(this.#port, clientOptions)
    const backend = new RedisRegistryBackend(redis, options, dependencies)
    this.#closing.push(async () => {
      await backend.close()
      redis.disconnect()
    })
    return backend
  }

  async close(): Promise<void> {
    await Promise.all(this.#closing.splice(0).map((close) => close()))
  }
}

/** What a watch told, and what its last snapshot held. */
export function recorded(backend: RegistryBackend, service = 'orders') {
  const events: RegistryEvent[] = []
  const stop = backend.watch?.(service, (event) => events.push(event))
  const snapshots = () => events.filter((event) => event.kind === 'snapshot')
  return {
    events,
    stop: () => stop?.(),
    failures: () => events.filter((event) => event.kind === 'failure').map(({ error }) => error),
    removed: () => snapshots().flatMap(({ removed }) => removed),
    ids: () =>
      snapshots()
        .at(-1)
        ?.instances.map(({ id }) => id),
  }
}
