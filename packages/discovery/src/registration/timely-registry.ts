import type { Clock, ServiceInstance, ServiceStatus } from '@hazeljs/core'
import { answerWithin } from '../backends/answer-within.js'
import type { RegistryBackend } from '../backends/registry-backend.js'

/** What a registration asks of a registry; each call rejects when it is not answered in time. */
export class TimelyRegistry {
  readonly #backend: RegistryBackend
  readonly #clock: Clock

  constructor(backend: RegistryBackend, clock: Clock) {
    this.#backend = backend
    this.#clock = clock
  }

  get ttlMs(): number | undefined {
    return this.#backend.ttlMs
  }

  register(instance: ServiceInstance): Promise<void> {
    return this.#ask(() => this.#backend.register(instance))
  }

  deregister(id: string): Promise<void> {
    return this.#ask(() => this.#backend.deregister(id))
  }

  heartbeat(id: string): Promise<boolean> {
    return this.#ask(() => this.#backend.heartbeat(id))
  }

  getInstance(id: string): Promise<ServiceInstance | null> {
    return this.#ask(() => this.#backend.getInstance(id))
  }

  updateStatus(id: string, status: ServiceStatus): Promise<void> {
    return this.#ask(() => this.#backend.updateStatus(id, status))
  }

  #ask<T>(call: () => Promise<T>): Promise<T> {
    return answerWithin(this.#clock, call)
  }
}
