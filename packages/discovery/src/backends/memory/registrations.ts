import type { ServiceInstance } from '@hazeljs/core'

interface Registration {
  instance: ServiceInstance
  expiresAtMs: number
}

/** Registrations with their leases, by id and by service, in the order of arrival. */
export class Registrations {
  readonly #ttlMs: number
  readonly #byId = new Map<string, Registration>()
  readonly #byService = new Map<string, Map<string, Registration>>()
  #nextExpiryMs = Infinity

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs
  }

  /** No registration expires before this; one may expire later, when it was renewed. `Infinity` when there is none. */
  get nextExpiryMs(): number {
    return this.#nextExpiryMs
  }

  get(id: string): ServiceInstance | undefined {
    return this.#byId.get(id)?.instance
  }

  of(name: string): readonly ServiceInstance[] {
    return Array.from(this.#byService.get(name)?.values() ?? [], ({ instance }) => instance)
  }

  names(): string[] {
    return [...this.#byService.keys()]
  }

  /** Adds it, or replaces the one with its id, and starts its lease. */
  put(instance: ServiceInstance, nowMs: number): void {
    const expiresAtMs = nowMs + this.#ttlMs
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiresAtMs)
    const copy = frozenCopy(instance)
    const known = this.#byId.get(instance.id)
    if (known !== undefined) {
      known.instance = copy
      known.expiresAtMs = expiresAtMs
      return
    }
    const registration = { instance: copy, expiresAtMs }
    const service = this.#byService.get(instance.name) ?? new Map<string, Registration>()
    this.#byId.set(instance.id, registration)
    this.#byService.set(instance.name, service.set(instance.id, registration))
  }

  /** Puts a changed instance in the place of the one with its id; the lease goes on. */
  replace(instance: ServiceInstance): void {
    const registration = this.#byId.get(instance.id)
    if (registration !== undefined) registration.instance = Object.freeze(instance)
  }

  /** `false` for an unknown id. */
  renew(id: string, nowMs: number, wallTimeMs: number): boolean {
    const registration = this.#byId.get(id)
    if (registration === undefined) return false
    registration.instance = Object.freeze({ ...registration.instance, lastHeartbeat: wallTimeMs })
    registration.expiresAtMs = nowMs + this.#ttlMs
    return true
  }

  delete(id: string): void {
    const registration = this.#byId.get(id)
    if (registration === undefined) return
    const { name } = registration.instance
    const service = this.#byService.get(name)
    this.#byId.delete(id)
    service?.delete(id)
    if (service?.size === 0) this.#byService.delete(name)
    if (this.#byId.size === 0) this.#nextExpiryMs = Infinity
  }

  takeExpired(nowMs: number): readonly ServiceInstance[] {
    if (nowMs < this.#nextExpiryMs) return []
    const expired: ServiceInstance[] = []
    let next = Infinity
    for (const { instance, expiresAtMs } of this.#byId.values()) {
      if (expiresAtMs <= nowMs) expired.push(instance)
      else next = Math.min(next, expiresAtMs)
    }
    for (const { id } of expired) this.delete(id)
    this.#nextExpiryMs = next
    return expired
  }
}

function frozenCopy(instance: ServiceInstance): ServiceInstance {
  return Object.freeze({ ...instance, metadata: Object.freeze({ ...instance.metadata }), tags: Object.freeze([...instance.tags]) })
}
