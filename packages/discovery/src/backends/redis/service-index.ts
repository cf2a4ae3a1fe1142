import type { Clock } from '@hazeljs/core'
import { pairs } from './instance-reader.js'
import type { RedisCalls } from './redis-calls.js'
import type { RegistryKeys } from './registry-keys.js'
import { countScript, forgetServiceScript, noteServiceScript, servicesScript } from './scripts.js'
import { ServiceCalls } from './service-calls.js'

/** Whoever sends heartbeats for a service notes it again this often, so that an index that was lost alone is whole again. */
export const noteIntervalMs = 300_000

/** The names of all services, in one key: in a cluster nobody could list the keys of others. */
export class ServiceIndex {
  readonly #calls: RedisCalls
  readonly #keys: RegistryKeys
  readonly #clock: Clock
  readonly #notedAtMs = new Map<string, number>()

  constructor(calls: RedisCalls, keys: RegistryKeys, clock: Clock) {
    this.#calls = calls
    this.#keys = keys
    this.#clock = clock
  }

  /** After an instance was registered: who finds the service without one, and would forget it, sees that it was noted since. */
  async note(service: string): Promise<void> {
    await this.#calls.run(noteServiceScript, [this.#keys.services], service)
    this.#notedAtMs.set(service, this.#clock.now())
  }

  /** After a heartbeat. */
  async renew(service: string): Promise<void> {
    if (this.#clock.now() - (this.#notedAtMs.get(service) ?? -Infinity) >= noteIntervalMs) await this.note(service)
  }

  /** Those with an instance, in order. The others are forgotten. */
  async names(): Promise<readonly string[]> {
    const noted = pairs(await this.#calls.run(servicesScript, [this.#keys.services]))
    const names = await Promise.all([...noted].map(([name, notedAt]) => this.#isAlive(name, notedAt)))
    return names.filter((name) => name !== undefined).sort()
  }

  async #isAlive(name: string, notedAt: string): Promise<string | undefined> {
    const count = await new ServiceCalls(this.#calls, this.#keys.ofService(name)).run(countScript)
    if (Number(count) > 0) return name
    await this.#calls.run(forgetServiceScript, [this.#keys.services], name, notedAt)
    return undefined
  }
}
