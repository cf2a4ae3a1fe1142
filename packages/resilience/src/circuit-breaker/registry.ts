import { type Clock, ConfigError, type ConfigProblem, type Random, show, systemClock, systemRandom } from '@hazeljs/core'
import { CircuitBreaker } from './circuit-breaker.js'
import { type CircuitBreakerOptions, resolveCircuitBreakerOptions, type ResolvedCircuitBreakerOptions } from './options.js'

/** Circuit breakers by name. */
export class CircuitBreakers {
  readonly #clock: Clock
  readonly #random: Random
  readonly #breakers = new Map<string, CircuitBreaker>()

  constructor(clock: Clock = systemClock, random: Random = systemRandom) {
    this.#clock = clock
    this.#random = random
  }

  /**
   * The breaker of that name, made if it is not there; without `config` whatever there is. Functions are the same when they are written
   * the same, so that a literal evaluated twice is no difference.
   *
   * @throws ConfigError when the name has a breaker with another config, or the config is wrong.
   */
  getOrCreate(name: string, config?: CircuitBreakerOptions): CircuitBreaker {
    const known = this.#breakers.get(name)
    if (known === undefined) {
      const breaker = new CircuitBreaker({ name, ...config }, this.#clock, this.#random)
      this.#breakers.set(name, breaker)
      return breaker
    }
    const problems = config === undefined ? [] : differences(known.options, resolveCircuitBreakerOptions({ name, ...config }))
    if (problems.length > 0) throw new ConfigError(`The circuit breaker '${name}'`, problems)
    return known
  }

  get(name: string): CircuitBreaker | undefined {
    return this.#breakers.get(name)
  }

  /** @throws ConfigError when the name has another breaker. */
  register(name: string, breaker: CircuitBreaker): void {
    const known = this.get(name)
    if (known !== undefined && known !== breaker)
      throw new ConfigError(`The circuit breaker '${name}'`, [{ path: '', message: 'is there already' }])
    this.#breakers.set(name, breaker)
  }

  /** Whether there was one. */
  remove(name: string): boolean {
    return this.#breakers.delete(name)
  }

  getAll(): Map<string, CircuitBreaker> {
    return new Map(this.#breakers)
  }

  /** Closes every breaker and forgets what it counted. */
  resetAll(): void {
    for (const breaker of this.#breakers.values()) breaker.reset()
  }

  /** Forgets the breakers; who holds one can go on using it. */
  clear(): void {
    this.#breakers.clear()
  }
}

function differences(known: ResolvedCircuitBreakerOptions, other: ResolvedCircuitBreakerOptions): readonly ConfigProblem[] {
  const names = Object.keys(known) as (keyof ResolvedCircuitBreakerOptions)[]
  return names
    .filter((name) => !isSame(known[name], other[name]))
    .map((name) => ({ path: name.replace(/Ms$/, ''), message: `is ${text(known[name])} already, got ${text(other[name])}` }))
}

function text(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : show(value)
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === 'function' && typeof other === 'function') return one === other || one.toString() === other.toString()
  return one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other))
}

/** The circuit breakers of the process, for whoever does not keep their own. */
export const CircuitBreakerRegistry = new CircuitBreakers()
