// Methods of every kind, each with the decorators that it takes.
import {
  CircuitBreaker,
  compose,
  Fallback,
  FallbackPolicy,
  RetryPolicy,
  WithBulkhead,
  WithCircuitBreaker,
  WithPolicy,
  WithRateLimit,
  WithRetry,
  WithTimeout,
} from '@hazeljs/resilience'

export const named = Symbol('named')
export const sharedBreaker = new CircuitBreaker({ name: 'shared' })

export abstract class Members {
  greeting = 'hello'

  @WithRetry()
  async greet(name: string, punctuation = '!'): Promise<string> {
    return `${this.greeting} ${name}${punctuation}`
  }

  @WithCircuitBreaker()
  private async hidden(value: number): Promise<number> {
    return value
  }

  @Fallback('hidden')
  private hiddenFallback(value: number): number {
    return -value
  }

  @WithTimeout('1s')
  protected async inherited(fail: boolean): Promise<string> {
    if (fail) throw new Error('inherited')
    return 'inherited'
  }

  @Fallback('inherited')
  protected inheritedFallback(_fail: boolean, error: Error): string {
    return `fallback of ${error.message}`
  }

  callHidden(value: number): Promise<number> {
    return this.hidden(value)
  }

  callInherited(fail: boolean): Promise<string> {
    return this.inherited(fail)
  }

  callFallback(value: number): number {
    return this.hiddenFallback(value)
  }

  @WithRetry({ maxAttempts: 0 })
  static async fixed(fail: boolean): Promise<string> {
    if (fail) throw new Error('static')
    return `fixed ${this.name}`
  }

  @Fallback('fixed')
  static fixedFallback(_fail: boolean, error: Error): Promise<string> {
    return Promise.resolve(`fallback of ${error.message} ${this.name}`)
  }

  @WithRateLimit({ max: 1, window: '1m' })
  async [named](): Promise<string> {
    return 'by symbol'
  }

  @Fallback(named)
  namedFallback(error: Error): string {
    return error.name
  }

  @WithPolicy(new FallbackPolicy(() => 'never' as const, { fallbackPredicate: () => false }))
  @WithPolicy(sharedBreaker)
  @WithPolicy(compose(new RetryPolicy()))
  async guarded(): Promise<string> {
    return 'guarded'
  }

  @WithBulkhead({ maxConcurrent: 1 })
  promising<T>(this: Members, value: T): PromiseLike<T> {
    return Promise.resolve(value)
  }

  async optional(one: string, two?: number): Promise<string> {
    throw new Error(`${one} ${two}`)
  }

  @Fallback('optional')
  optionalFallback(one: string, two: number | undefined, error: Error): string {
    return `${one}, ${two}, ${error.message}`
  }
}

export class MembersOfSubclass extends Members {
  // A parent's method may get a fallback here, and private names of its own are no trouble.
  @Fallback('guarded')
  async guardedFallback(): Promise<string> {
    return 'fallback of a subclass'
  }
}
