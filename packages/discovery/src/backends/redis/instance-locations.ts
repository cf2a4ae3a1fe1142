import { servicesNamedBy } from './instance-id.js'
import type { RedisCalls } from './redis-calls.js'
import type { RegistryKeys } from './registry-keys.js'
import { disownScript, ownerScript, ownScript } from './scripts.js'

/** An entry about an instance that is gone ends after so many leases. */
const ttlsPerOwner = 2

/**
 * Finds the service of an instance by its id. One registered here is remembered; else an id `name:host:port` says it; for ids of another form
 * the registry has an entry each, renewed with the heartbeats.
 */
export class InstanceLocations {
  readonly #calls: RedisCalls
  readonly #keys: RegistryKeys
  readonly #entryTtl: string
  readonly #registered = new Map<string, string>()

  constructor(calls: RedisCalls, keys: RegistryKeys, ttlMs: number) {
    this.#calls = calls
    this.#keys = keys
    this.#entryTtl = String(Math.ceil(ttlMs * ttlsPerOwner))
  }

  /** Before a registration. @returns another service that the id belonged to until now */
  async put(id: string, service: string): Promise<string | undefined> {
    const entry = await this.#putEntry(id, service)
    const before = this.#registered.get(id) ?? entry
    this.#registered.set(id, service)
    return before === service ? undefined : before
  }

  /** After a heartbeat. */
  async renew(id: string, service: string): Promise<void> {
    await this.#putEntry(id, service)
  }

  /** After a deregistration. */
  async delete(id: string, service: string): Promise<void> {
    this.#registered.delete(id)
    if (!servicesNamedBy(id).includes(service)) await this.#calls.run(disownScript, [this.#keys.ownerOf(id)], service)
  }

  /** Asks each service that may have the instance. @returns what one that has it answers; the others answer `undefined` */
  async find<T>(id: string, ask: (service: string) => Promise<T | undefined>): Promise<T | undefined> {
    const registered = this.#registered.get(id)
    const here = registered === undefined ? undefined : await ask(registered)
    if (here !== undefined) return here
    const others = servicesNamedBy(id).filter((service) => service !== registered)
    const named = await Promise.all(others.map(ask))
    const found = named.find((answer) => answer !== undefined)
    if (found !== undefined) return found
    const owner = (await this.#calls.run(ownerScript, [this.#keys.ownerOf(id)])) as string | null
    return owner === null || owner === registered ? undefined : ask(owner)
  }

  async #putEntry(id: string, service: string): Promise<string | undefined> {
    if (servicesNamedBy(id).includes(service)) return undefined
    const before = await this.#calls.run(ownScript, [this.#keys.ownerOf(id)], service, this.#entryTtl)
    return before === null ? undefined : (before as string)
  }
}
