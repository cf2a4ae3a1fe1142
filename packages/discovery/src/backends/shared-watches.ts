import { Emitter, type ServiceInstance, toError } from '@hazeljs/core'
import { difference, missing, toSnapshot, type Snapshot } from '../resolver/snapshot.js'
import type { RegistryEvent, RegistryListener, Removal } from './registry-backend.js'

/** What a source tells about the service that it follows. */
export interface WatchSink {
  /**
   * The whole state as it is now. Listeners are told when it differs in more than heartbeats, when it is the first, and when it ends a failure.
   *
   * @param deregistered ids of those that left on purpose since the last state; others that are gone count as expired
   */
  state(instances: Iterable<ServiceInstance>, deregistered?: ReadonlySet<string>): void
  /** The registry does not tell changes for now; the source goes on trying. Listeners are told once until the next state. */
  failed(error: Error): void
}

/** Follows a service until it is stopped. It may tell the sink at once; what it tells after the stop is dropped. */
export type WatchSource = (service: string, sink: WatchSink) => () => void

/** The watches of a backend: however many listen to a service, it is followed once, and only while somebody listens. */
export class SharedWatches {
  readonly #follow: WatchSource
  readonly #topics = new Map<string, Topic>()
  #closed = false

  constructor(follow: WatchSource) {
    this.#follow = follow
  }

  /** As {@link RegistryBackend.watch}. */
  watch(service: string, listener: RegistryListener): () => void {
    const topic = this.#topics.get(service) ?? this.#open(service)
    const stop = topic.add(listener)
    return () => {
      stop()
      if (!topic.isEmpty || this.#topics.get(service) !== topic) return
      this.#topics.delete(service)
      topic.close()
    }
  }

  /** Whether somebody listens to any service. */
  get inUse(): boolean {
    return this.#topics.size > 0
  }

  /** The services that somebody listens to. */
  get services(): readonly string[] {
    return [...this.#topics.keys()]
  }

  /** Ends every watch. One that is set up afterwards is told a failure. */
  close(): void {
    this.#closed = true
    for (const topic of this.#topics.values()) topic.close()
    this.#topics.clear()
  }

  #open(service: string): Topic {
    const topic = new Topic(service, this.#closed ? refuseToFollow : this.#follow)
    this.#topics.set(service, topic)
    return topic
  }
}

/** One service, its source and its listeners. Each listener is an emitter, so that one that throws hurts nobody else. */
class Topic implements WatchSink {
  readonly #listeners = new Set<Emitter<{ event: RegistryEvent }>>()
  /** Events that wait until the listeners of an earlier one have returned: a listener may change the registry itself. */
  readonly #queue: RegistryEvent[] = []
  #delivering = false
  #state: Snapshot | undefined
  #failure: Error | undefined
  #stop: (() => void) | undefined
  #closed = false

  constructor(service: string, follow: WatchSource) {
    // Not before `watch` has returned: nobody is told earlier, and what the source throws reaches the listeners as a failure.
    queueMicrotask(() => {
      if (this.#closed) return
      try {
        this.#stop = follow(service, this)
        // A listener that was told while the source began may have been the last, and stopped.
        if (this.#isClosed()) this.#stop()
      } catch (error) {
        this.failed(toError(error))
      }
    })
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0
  }

  add(listener: RegistryListener): () => void {
    const emitter = new Emitter<{ event: RegistryEvent }>()
    let told = false
    emitter.on('event', (event) => {
      told = true
      return listener(event)
    })
    this.#listeners.add(emitter)
    queueMicrotask(() => {
      const present = this.#present()
      if (!told && present !== undefined) emitter.emit('event', present)
    })
    return () => {
      emitter.removeAllListeners()
      this.#listeners.delete(emitter)
    }
  }

  state(told: Iterable<ServiceInstance>, deregistered: ReadonlySet<string> = new Set()): void {
    if (this.#closed) return
    const before = this.#state
    const instances = toSnapshot(told, before)
    const isNews = before === undefined || this.#failure !== undefined || difference(before, instances).changed
    this.#state = instances
    this.#failure = undefined
    if (isNews) this.#deliver({ kind: 'snapshot', instances, removed: removals(before ?? [], instances, deregistered) })
  }

  failed(error: Error): void {
    if (this.#closed || this.#failure !== undefined) return
    this.#failure = error
    this.#deliver({ kind: 'failure', error })
  }

  close(): void {
    this.#closed = true
    for (const listener of this.#listeners) listener.removeAllListeners()
    this.#listeners.clear()
    this.#stop?.()
  }

  /** Asked anew: calls in between may have closed it. */
  #isClosed(): boolean {
    return this.#closed
  }

  /** What a late listener has to know. */
  #present(): RegistryEvent | undefined {
    if (this.#failure !== undefined) return { kind: 'failure', error: this.#failure }
    return this.#state === undefined ? undefined : { kind: 'snapshot', instances: this.#state, removed: [] }
  }

  #deliver(event: RegistryEvent): void {
    this.#queue.push(event)
    if (this.#delivering) return
    this.#delivering = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      for (const listener of [...this.#listeners]) listener.emit('event', next)
    }
    this.#delivering = false
  }
}

function refuseToFollow(): never {
  throw new Error('The backend was closed')
}

function removals(before: Snapshot, after: Snapshot, deregistered: ReadonlySet<string>): readonly Removal[] {
  return missing(before, after).map(({ id }) => ({ id, reason: deregistered.has(id) ? 'deregistered' : 'expired' }))
}
