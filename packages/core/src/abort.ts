type AbortListener = (reason: unknown) => void

/**
 * Whether work was called off, and by what. An AbortSignal costs microseconds to make and to listen to, so one is made only when
 * `signal` is read; {@link onAbort} listens without it.
 */
export interface Cancellation {
  readonly aborted: boolean
  /** Why; `undefined` until aborted. */
  readonly reason: unknown
  readonly signal: AbortSignal
  /** Calls `listener` once, on abort; never when it is aborted already: look at `aborted` first. */
  onAbort(listener: AbortListener): void
  offAbort(listener: AbortListener): void
}

/** What nobody can call off. */
export const neverCancelled: Cancellation = {
  aborted: false,
  reason: undefined,
  get signal() {
    return new AbortController().signal
  },
  onAbort: () => undefined,
  offAbort: () => undefined,
}

/** A cancellation that somebody owns: {@link abort} calls it off, and so does its parent's abort. */
export class CancelSource implements Cancellation {
  readonly #parent: Cancellation
  #aborted = false
  #reason: unknown = undefined
  #listeners: AbortListener[] | undefined
  #controller: AbortController | undefined
  #followParent: AbortListener | undefined

  constructor(parent: Cancellation = neverCancelled) {
    this.#parent = parent
  }

  get aborted(): boolean {
    return this.#aborted || this.#parent.aborted
  }

  get reason(): unknown {
    return this.#aborted ? this.#reason : this.#parent.reason
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.aborted) this.#controller.abort(this.reason)
      else this.#follow()
    }
    return this.#controller.signal
  }

  onAbort(listener: AbortListener): void {
    if (this.#listeners === undefined) this.#listeners = [listener]
    else this.#listeners.push(listener)
    this.#follow()
  }

  offAbort(listener: AbortListener): void {
    const index = this.#listeners?.indexOf(listener) ?? -1
    if (index !== -1) this.#listeners?.splice(index, 1)
  }

  /** The first reason stays. What a listener throws is dropped: calling off cannot fail. */
  abort(reason: unknown): void {
    if (this.aborted) return
    this.#aborted = true
    this.#reason = reason
    this.#tell(reason)
  }

  /** Stops following the parent. Call it when the work has settled, or a long-lived parent keeps every call it ever had. */
  dispose(): void {
    if (this.#followParent !== undefined) this.#parent.offAbort(this.#followParent)
    this.#listeners = undefined
  }

  #follow(): void {
    if (this.#followParent !== undefined || this.#parent === neverCancelled) return
    this.#followParent = (reason) => this.#tell(reason)
    this.#parent.onAbort(this.#followParent)
  }

  #tell(reason: unknown): void {
    const listeners = this.#listeners
    this.#listeners = undefined
    this.#controller?.abort(reason)
    if (listeners === undefined) return
    for (const listener of listeners) {
      try {
        listener(reason)
      } catch {
        // see abort()
      }
    }
  }
}

/** A caller's AbortSignal as a {@link Cancellation}. */
export function fromSignal(signal: AbortSignal): Cancellation {
  return new SignalCancellation(signal)
}

class SignalCancellation implements Cancellation {
  readonly signal: AbortSignal
  #events: Map<AbortListener, () => void> | undefined

  constructor(signal: AbortSignal) {
    this.signal = signal
  }

  get aborted(): boolean {
    return this.signal.aborted
  }

  get reason(): unknown {
    return this.signal.aborted ? this.signal.reason : undefined
  }

  onAbort(listener: AbortListener): void {
    const onEvent = () => listener(this.signal.reason)
    this.#events ??= new Map()
    this.#events.set(listener, onEvent)
    this.signal.addEventListener('abort', onEvent, { once: true })
  }

  offAbort(listener: AbortListener): void {
    const onEvent = this.#events?.get(listener)
    if (onEvent === undefined) return
    this.#events?.delete(listener)
    this.signal.removeEventListener('abort', onEvent)
  }
}
