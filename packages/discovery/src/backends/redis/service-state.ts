import type { ServiceInstance } from '@hazeljs/core'
import type { Change, ChangeCount } from './change-message.js'
import type { InstanceReader } from './instance-reader.js'
import { LingeringInstances } from './lingering-instances.js'

/** What the registry holds of a service, as HGETALL answers, and the change after which it did. */
export interface ServiceListing {
  readonly count: ChangeCount
  readonly entries: unknown
}

/** What is known of a service from a listing and the changes after it. */
export class ServiceState {
  readonly #reader: InstanceReader
  readonly #lingering: LingeringInstances
  #instances = new Map<string, ServiceInstance>()
  #deregistered = new Set<string>()
  #count: ChangeCount | undefined
  #heard: ChangeCount | undefined

  constructor(reader: InstanceReader, leaseMs: number) {
    this.#reader = reader
    this.#lingering = new LingeringInstances(leaseMs)
  }

  /** The last change that the state contains. */
  get count(): ChangeCount | undefined {
    return this.#count
  }

  /** The last change that was told; a listing may be ahead of it. */
  get heard(): ChangeCount | undefined {
    return this.#heard
  }

  get instances(): readonly ServiceInstance[] {
    return [...this.#instances.values(), ...this.#lingering.values()]
  }

  /** The ids that were deregistered since this was asked last. */
  takeDeregistered(): ReadonlySet<string> {
    const taken = this.#deregistered
    this.#deregistered = new Set()
    return taken
  }

  get lingerEndsAtMs(): number {
    return this.#lingering.endsAtMs
  }

  endLingering(): void {
    this.#lingering.clear()
  }

  /** The changes to come need not continue those that were heard. */
  forgetHeard(): void {
    this.#heard = undefined
  }

  /**
   * - `applied`: it is the next one.
   * - `contained`: the listing has it; it only took longer.
   * - `lost`: the state misses changes, or the registry counts anew, so that only a listing helps.
   */
  apply(change: Change, nowMs: number): 'applied' | 'contained' | 'lost' {
    const known = this.#count
    const heard = this.#heard
    this.#heard = change
    if (known === undefined) return 'lost'
    const sameEpoch = change.epoch === known.epoch
    if (sameEpoch && change.sequence <= known.sequence) {
      return heard === undefined || follows(heard, change) ? 'contained' : 'lost'
    }
    if (change.sequence !== known.sequence + 1 || !(sameEpoch || known.epoch === '')) return 'lost'
    this.#count = change
    for (const id of change.ids) this.#change(id, change, nowMs)
    return 'applied'
  }

  /**
   * Whether a listing that somebody else made can be trusted to have all who live. Before the first listing of this state it is taken for that:
   * who is missed later was there.
   */
  isContinuedBy(listing: ServiceListing, nowMs: number): boolean {
    if (this.#count === undefined) this.adopt(listing, nowMs, false)
    return !this.#lingering.isOn(nowMs) && this.#isContinuedBy(listing.count)
  }

  /** @param afterOutage whether leases may have ended for want of a registry that could renew them */
  adopt({ count, entries }: ServiceListing, nowMs: number, afterOutage: boolean): void {
    const before = this.#instances
    const lostData = !this.#isContinuedBy(count)
    this.#instances = this.#reader.readAll(entries)
    this.#count = count
    for (const id of this.#instances.keys()) this.#lingering.delete(id)
    if (afterOutage || lostData) this.#lingering.begin(nowMs)
    for (const [id, instance] of before) {
      if (!this.#instances.has(id) && !this.#deregistered.has(id)) this.#lingering.add(instance, nowMs)
    }
  }

  /** A change that waited for a listing: what the listing cannot tell is why somebody left. */
  noteReason({ kind, ids }: Change): void {
    if (kind === 'deregistered') for (const id of ids) this.#deregistered.add(id)
  }

  /** Whether the registry has lost none of the changes that are known. */
  #isContinuedBy({ epoch, sequence }: ChangeCount): boolean {
    const known = this.#count
    return known === undefined || known.epoch === '' || (epoch === known.epoch && sequence >= known.sequence)
  }

  #change(id: string, { kind, text }: Change, nowMs: number): void {
    const before = this.#instances.get(id)
    this.#lingering.delete(id)
    if (kind === 'put') {
      this.#deregistered.delete(id)
      const instance = this.#reader.read(id, text)
      if (instance === undefined) this.#instances.delete(id)
      else this.#instances.set(id, instance)
      return
    }
    this.#instances.delete(id)
    this.#reader.forget(id)
    if (kind === 'deregistered') this.#deregistered.add(id)
    else if (before !== undefined) this.#lingering.add(before, nowMs)
  }
}

function follows(before: ChangeCount, after: ChangeCount): boolean {
  return before.epoch === after.epoch && after.sequence === before.sequence + 1
}
