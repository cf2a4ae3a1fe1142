import { AsyncResource } from 'node:async_hooks'
import { observe } from './observe.js'

/** What it throws is dropped: calling off cannot fail. */
type AbortListener = (reason: unknown) => unknown

/**
 * Whether work was called off, and by what. An AbortSignal costs microseconds to make and to listen to, so one is made only when
 * `signal` is read; {@link onAbort} listens without it.
 */
export interface Cancellation {
  readonly aborted: boolean
  /** Why; `undefined` until aborted. */
  readonly reason: unknown
  readonly signal: AbortSignal
  /** Calls `listener` once, on abort; never when it is aborted already: look at `aborted` first. A listener given twice counts once. */
  onAbort(listener: AbortListener): void
  /** After this `listener` is not called any more, not even by an abort that is telling the others. */
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

/**
 * A cancellation that somebody owns: {@link abort} calls it off, and so does its parent's abort. Listeners, those of the signal too, run
 * in the asynchronous context of the first one that was added: who calls off may be a timer that this call shares with others, and
 * theirs are not the request, tenant or deadline of this one.
 */
export class CancelSource implements Cancellation {
  readonly #parent: Cancellation
  #aborted = false
  #reason: unknown = undefined
  #disposed = false
  /** The first listener has a place of its own: most calls have but one. */
  #listener: AbortListener | undefined
  #others: Set<AbortListener> | undefined
  #controller: AbortController | undefined
  #followParent: AbortListener | undefined
  #context: AsyncResource | undefined

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
      else this.#listen()
    }
    return this.#controller.signal
  }

  onAbort(listener: AbortListener): void {
    if (this.#disposed || this.aborted) return
    if (this.#listener === listener) return
    if (this.#listener === undefined && this.#others === undefined) this.#listener = listener
    else (this.#others ??= new Set()).add(listener)
    this.#listen()
  }

  offAbort(listener: AbortListener): void {
    if (this.#listener === listener) this.#listener = undefined
    else this.#others?.delete(listener)
  }

  /** The first reason stays; calling off again does nothing. */
  abort(reason: unknown): void {
    if (this.aborted) return
    this.#aborted = true
    this.#reason = reason
    this.#tellInContext(reason)
  }

  /**
   * Stops following the parent and forgets the listeners; a signal that was handed out stays as it is. Call it when the work has
   * settled, or a long-lived parent keeps every call it ever had.
   */
  dispose(): void {
    this.#disposed = true
    if (this.#followParent !== undefined) this.#parent.offAbort(this.#followParent)
    this.#listener = undefined
    this.#others?.clear()
  }

  #listen(): void {
    this.#context ??= new AsyncResource('CancelSource')
    if (this.#disposed || this.#followParent !== undefined || this.#parent === neverCancelled) return
    this.#followParent = (reason) => this.#tellInContext(reason)
    this.#parent.onAbort(this.#followParent)
  }

  #tellInContext(reason: unknown): void {
    this.#context?.runInAsyncScope(() => this.#tell(reason))
  }

  #tell(reason: unknown): void {
    this.#controller?.abort(reason)
    const first = this.#listener
    const others = this.#others
    this.#listener = undefined
    if (first !== undefined) observe(() => first(reason), ignore)
    if (others === undefined) return
    for (const listener of others) observe(() => listener(reason), ignore)
    others.clear()
  }
}

function ignore(): void {
  // see AbortListener
}

/** Called off by whichever of the two is called off first. */
export function eitherOf(one: Cancellation, other: Cancellation): Cancellation {
  if (one === neverCancelled) return other
  return other === neverCancelled ? one : new EitherCancellation(one, other)
}

class EitherCancellation implements Cancellation {
  readonly #one: Cancellation
  readonly #other: Cancellation
  #listeners: Map<AbortListener, AbortListener> | undefined
  #signal: AbortSignal | undefined

  constructor(one: Cancellation, other: Cancellation) {
    this.#one = one
    this.#other = other
  }

  get aborted(): boolean {
    return this.#one.aborted || this.#other.aborted
  }

  get reason(): unknown {
    return this.#one.aborted ? this.#one.reason : this.#other.reason
  }

  get signal(): AbortSignal {
    return (this.#signal ??= AbortSignal.any([this.#one.signal, this.#other.signal]))
  }

  onAbort(listener: AbortListener): void {
    this.#listeners ??= new Map()
    if (this.aborted || this.#listeners.has(listener)) return
    const once: AbortListener = (reason) => {
      this.offAbort(listener)
      return listener(reason)
    }
    this.#listeners.set(listener, once)
    this.#one.onAbort(once)
    this.#other.onAbort(once)
  }

  offAbort(listener: AbortListener): void {
    const once = this.#listeners?.get(listener)
    if (once === undefined) return
    this.#listeners?.delete(listener)
    this.#one.offAbort(once)
    this.#other.offAbort(once)
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
    return this.signal.reason as unknown
  }

  onAbort(listener: AbortListener): void {
    this.#events ??= new Map()
    if (this.#events.has(listener)) return
    // Unguarded, what the listener throws would be an uncaught exception of the process.
    const onEvent = () => observe(() => listener(this.signal.reason), ignore)
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
