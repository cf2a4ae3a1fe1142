import { toError } from './errors.js'

type Listener<T> = (payload: T) => unknown

/** Told when a listener throws or its promise rejects. */
export type ListenerErrorHandler = (error: Error, event: string) => void

/**
 * Typed events whose listeners cannot hurt: what one throws, or rejects with, goes to `onListenerError`, and neither the other
 * listeners nor the caller notice.
 *
 * Guard a payload that costs something with {@link has}, so that an event without a listener costs nothing.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, readonly Listener<never>[]>()
  readonly #onListenerError: ListenerErrorHandler

  /** `onListenerError` defaults to a warning of the process; what it throws itself is dropped. */
  constructor(onListenerError: ListenerErrorHandler = warnOfListener) {
    this.#onListenerError = onListenerError
  }

  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener])
    return this
  }

  once<K extends keyof Events>(event: K, listener: Listener<Events[K]>): this {
    const once = (payload: Events[K]): unknown => {
      this.off(event, once)
      return listener(payload)
    }
    return this.on(event, once)
  }

  /** Removes one registration of `listener`; an unknown one is ignored. */
  off<K extends keyof Events>(event: K, listener: Listener<Events[K]>): this {
    const listeners = this.#listeners.get(event)
    const index = listeners?.indexOf(listener) ?? -1
    if (listeners === undefined || index === -1) return this
    if (listeners.length === 1) this.#listeners.delete(event)
    else this.#listeners.set(event, listeners.toSpliced(index, 1))
    return this
  }

  /** Whether anybody listens. */
  has(event: keyof Events): boolean {
    return this.#listeners.has(event)
  }

  emit<K extends keyof Events>(event: K, payload: Events[K]): void {
    const listeners = this.#listeners.get(event) as readonly Listener<Events[K]>[] | undefined
    if (listeners === undefined) return
    for (const listener of listeners) {
      try {
        const result = listener(payload)
        if (result instanceof Promise) result.catch((error: unknown) => this.#report(error, event))
      } catch (error) {
        this.#report(error, event)
      }
    }
  }

  removeAllListeners(): void {
    this.#listeners.clear()
  }

  #report(error: unknown, event: keyof Events): void {
    try {
      this.#onListenerError(toError(error), String(event))
    } catch {
      // there is nobody left to tell
    }
  }
}

function warnOfListener(error: Error, event: string): void {
  process.emitWarning(`A listener of "${event}" threw: ${error.message}`, { type: 'HazelListenerWarning', detail: error.stack ?? '' })
}
