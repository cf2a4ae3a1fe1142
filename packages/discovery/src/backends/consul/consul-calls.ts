import { EventEmitter } from 'node:events'
import type { Clock } from '@hazeljs/core'
import { explained, type Request } from './consul-errors.js'

/** What Consul answered. */
export interface Answer {
  readonly body: unknown
  /** X-Consul-Index: an unsigned number of 64 bits, which a JavaScript number cannot hold. `undefined` where it is missing. */
  readonly index: string | undefined
  /** Consul left something out that the token may not see. Told since Consul 1.12. */
  readonly isFiltered: boolean
}

export interface CallLimits {
  /** Default: the one for all calls. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** The client ends a call when its context emits `cancel`, and answers with the response and the body when it says `includeResponse`. */
class CallContext extends EventEmitter {
  readonly includeResponse = true
}

/** Calls of the client that end: the client itself waits for ever for an agent that hangs, or that dies within an answer. */
export class ConsulCalls {
  readonly #clock: Clock
  readonly #timeoutMs: number

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** @throws {DiscoveryError} saying what was asked, what came of it, and what to do. */
  async ask(request: Request, call: (ctx: object) => Promise<unknown>, limits: CallLimits = {}): Promise<Answer> {
    const { timeoutMs = this.#timeoutMs, signal } = limits
    const context = new CallContext()
    const cancel = () => context.emit('cancel')
    const endMs = this.#clock.now() + timeoutMs
    const timer = this.#clock.setTimer(cancel, timeoutMs, { background: true })
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      return toAnswer(await call(context))
    } catch (error) {
      throw explained(
        request,
        this.#clock.now() >= endMs ? new Error(`there was no answer within ${timeoutMs} ms`, { cause: error }) : error,
      )
    } finally {
      this.#clock.clearTimer(timer)
      signal?.removeEventListener('abort', cancel)
    }
  }
}

function toAnswer(answered: unknown): Answer {
  const [response, body] = Array.isArray(answered) ? (answered as readonly unknown[]) : []
  const headers: unknown = typeof response === 'object' && response !== null && 'headers' in response ? response.headers : undefined
  return {
    body,
    index: header(headers, 'x-consul-index'),
    isFiltered: header(headers, 'x-consul-results-filtered-by-acls') === 'true',
  }
}

function header(headers: unknown, name: string): string | undefined {
  const value: unknown = typeof headers === 'object' && headers !== null ? Reflect.get(headers, name) : undefined
  return typeof value === 'string' ? value : undefined
}
