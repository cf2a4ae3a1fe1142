import type { ServiceInstance } from '@hazeljs/core'
import type { Change, Int64, KeyValue, Listing } from './etcd-api.js'
import type { EtcdEntries } from './etcd-entries.js'
import type { EtcdKeys } from './etcd-keys.js'

interface Held {
  readonly entry: KeyValue
  /** `undefined` for an entry that is none. */
  readonly instance: ServiceInstance | undefined
}

/** What is known of a service, up to a revision. */
export class FollowedService {
  readonly #name: string
  readonly #keys: EtcdKeys
  readonly #entries: EtcdEntries
  readonly #held = new Map<string, Held>()
  #revision: Int64
  /** Those that etcd does not have any more, and that may return. */
  readonly #missed = new Map<string, ServiceInstance>()
  #sparesExpired = false
  /** Those that a listing found gone on purpose. */
  readonly deregistered: ReadonlySet<string>

  constructor(name: string, keys: EtcdKeys, entries: EtcdEntries, { revision, entries: listed }: Listing) {
    this.#name = name
    this.#keys = keys
    this.#entries = entries
    this.#revision = revision
    this.deregistered = entries.readAll(name, listed).deregistered
    for (const entry of listed) this.#hold(entry)
  }

  /** From now on, and until {@link forgetMissed}, who expires is kept until it registers anew or leaves. */
  spareExpired(): void {
    this.#sparesExpired = true
  }

  /** Keeps those that are not among the instances, in the same way. */
  keep(missed: Iterable<ServiceInstance>): void {
    const known = new Set([...this.instances()].map(({ id }) => id))
    for (const instance of missed) {
      if (!known.has(instance.id) && !this.deregistered.has(instance.id)) this.#missed.set(instance.id, instance)
    }
  }

  forgetMissed(): void {
    this.#sparesExpired = false
    this.#missed.clear()
  }

  /** Those that are kept though etcd does not have them. */
  get missed(): Iterable<ServiceInstance> {
    return this.#missed.values()
  }

  get revision(): Int64 {
    return this.#revision
  }

  *instances(): Iterable<ServiceInstance> {
    for (const { instance } of this.#held.values()) if (instance !== undefined) yield instance
    yield* this.#missed.values()
  }

  /** @returns the ids of those that left on purpose */
  apply(changes: readonly Change[]): ReadonlySet<string> {
    const deregistered = new Set<string>()
    for (const change of changes) {
      if (change.kind === 'put') {
        const key = this.#keys.read(this.#name, change.entry.key)
        if (key?.isFarewell === true) deregistered.add(key.id)
        if (key !== undefined) this.#missed.delete(key.id)
        this.#hold(change.entry)
        this.#revision = change.entry.modRevision
      } else {
        const instance = this.#held.get(change.key)?.instance
        if (this.#sparesExpired && instance !== undefined && !deregistered.has(instance.id)) this.#missed.set(instance.id, instance)
        this.#held.delete(change.key)
        this.#entries.forget(this.#name, change.key)
        this.#revision = change.revision
      }
    }
    return deregistered
  }

  /** Nothing has changed up to this revision. */
  advance(revision: Int64): void {
    if (BigInt(revision) > BigInt(this.#revision)) this.#revision = revision
  }

  /** The entry that changed last: another history of etcd will not have it at this revision. `undefined` when there is no entry. */
  witness(): KeyValue | undefined {
    let last: KeyValue | undefined
    for (const { entry } of this.#held.values()) {
      if (last === undefined || BigInt(entry.modRevision) > BigInt(last.modRevision)) last = entry
    }
    return last
  }

  #hold(entry: KeyValue): void {
    // A value is as large as all the rest, and the instance says the same.
    this.#held.set(entry.key, { entry: { ...entry, value: '' }, instance: this.#entries.read(this.#name, entry) })
  }
}
