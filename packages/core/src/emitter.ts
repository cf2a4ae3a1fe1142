import { toError } from './errors.js'
import { observe } from './observe.js'

type Listener<T> = (payload: T) => unknown

interface Registration {
  readonly listener: Listener<never>
  readonly once: boolean
}

/** Told when a listener throws or its promise rejects. */
export type ListenerErrorHandler = (error: Error, event: string) => void

/**
 * Typed events whose listeners cannot hurt: what one throws, or rejects with, goes to `onListenerError`, and neither the other
 * listeners nor the caller notice. Listeners run in the order they were added; one added or removed while an event is being emitted
 * counts from the next event on.
 *
 * Guard a payload that costs something with {@link has}, so that an event without a listener costs nothing.
 */
export class Emitter<Events extends object> {
  readonly #registrations = new Map<keyof Events, readonly Registration[]>()
  readonly #onListenerError: ListenerErrorHandler

  /** `onListenerError` defaults to a warning of the process; what it throws itself is dropped. */
  constructor(onListenerError: ListenerErrorHandler = warnOfListener) {
    this.#onListenerError = onListenerError
  }

  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>): this {
    return this.#add(event, { listener, once: false })
  }

  /** Listens to the next `event` only. */
  once<K extends keyof Events>(event: K, listener: Listener<Events[K]>): this {
    return this.#add(event, { listener, once: true })
  }

  /** Removes the oldest registration of `listener`, made with `on` or `once`; an unknown one is ignored. */
  off<K extends keyof Events>(event: K, listener: Listener<Events[K]>): this {
    const registration = this.#registrations.get(event)?.find((one) => one.listener === listener)
    if (registration !== undefined) this.#remove(event, registration)
    return this
  }

  /** Whether anybody listens. */
  has(event: keyof Events): boolean {
    return this.#registrations.has(event)
  }

  emit<K extends keyof Events>(event: K, payload: Events[K]): void {
    const registrations = this.#registrations.get(event)
    if (registrations === undefined) return
    for (const registration of registrations) {
      // A listener that emits the same event may have used this one up already.
      if (registration.once && !this.#remove(event, registration)) continue
      const listener = registration.listener as Listener<Events[K]>
      observe(
        () => listener(payload),
        (thrown) => this.#report(thrown, event),
      )
    }
  }

  removeAllListeners(): void {
    this.#registrations.clear()
  }

  #add(event: keyof Events, registration: Registration): this {
    this.#registrations.set(event, [...(this.#registrations.get(event) ?? []), registration])
    return this
  }

  #remove(event: keyof Events, registration: Registration): boolean {
    const registrations = this.#registrations.get(event) ?? []
    if (!registrations.includes(registration)) return false
    if (registrations.length === 1) this.#registrations.delete(event)
    else
      this.#registrations.set(
        event,
        registrations.filter((one) => one !== registration),
      )
    return true
  }

  #report(thrown: unknown, event: keyof Events): void {
    try {
      this.#onListenerError(toError(thrown), String(event))
    } catch {
      // there is nobody left to tell
    }
  }
}

function warnOfListener(error: Error, event: string): void {
  process.emitWarning(`A listener of "${event}" threw: ${error.message}`, { type: 'HazelListenerWarning', detail: error.stack ?? '' })
}
