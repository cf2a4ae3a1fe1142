import type { ServiceInstance } from '@hazeljs/core'

/**
 * Instances that the registry no longer has and that may live all the same: it lost its data, or nobody could reach it to renew a lease. They
 * stay for the length of a lease, in which whoever lives registers anew, unless they are deregistered.
 */
export class LingeringInstances {
  readonly #forMs: number
  readonly #instances = new Map<string, ServiceInstance>()
  #untilMs = -Infinity

  constructor(forMs: number) {
    this.#forMs = forMs
  }

  /** Whoever is lost from now on lingers. */
  begin(nowMs: number): void {
    this.#untilMs = nowMs + this.#forMs
  }

  /** Whether who is lost lingers. */
  isOn(nowMs: number): boolean {
    return nowMs < this.#untilMs
  }

  add(instance: ServiceInstance, nowMs: number): void {
    if (this.isOn(nowMs)) this.#instances.set(instance.id, instance)
  }

  delete(id: string): void {
    this.#instances.delete(id)
  }

  clear(): void {
    this.#instances.clear()
  }

  values(): Iterable<ServiceInstance> {
    return this.#instances.values()
  }

  /** When they end; never while there are none. */
  get endsAtMs(): number {
    return this.#instances.size > 0 ? this.#untilMs : Infinity
  }
}
