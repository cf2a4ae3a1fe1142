import type { ServiceInstance } from '@hazeljs/core'
import type { InstancePicker } from '../instance-picker.js'
import type { Lease } from '../load-balancers/lease.js'
import type { LoadBalancer } from '../load-balancers/load-balancer.js'
import type { PickContext } from '../load-balancers/strategy.js'
import type { ServiceView } from './service-view.js'
import type { Subset } from './subset.js'

/** A handle on a balancer that a view keeps current: it keeps the service watched and the subset in place. */
export class ServicePicker implements InstancePicker {
  readonly #view: ServiceView
  readonly #subset: Subset
  readonly #balancer: LoadBalancer
  #closed = false

  constructor(view: ServiceView, subset: Subset, balancer: LoadBalancer) {
    this.#view = view
    this.#subset = subset
    this.#balancer = balancer
    subset.pickers++
    view.pin()
  }

  get ready(): boolean {
    return this.#view.known
  }

  get instances(): readonly ServiceInstance[] {
    return this.#closed || this.#view.closed ? [] : this.#balancer.instances
  }

  whenReady(): Promise<void> {
    return this.#view.whenKnown()
  }

  acquire(context?: PickContext): Lease | undefined {
    return this.#closed || this.#view.closed ? undefined : this.#balancer.pick(context)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#subset.pickers--
    this.#view.unpin()
  }
}
