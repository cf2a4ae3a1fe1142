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
      const breaker = new CircuitBreaker(named(name, config), this.#clock, this.#random)
      this.#breakers.set(name, breaker)
      return breaker
    }
    const problems = config === undefined ? [] : differences(known.options, resolveCircuitBreakerOptions(named(name, config)))
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

/** An explicit `undefined` takes no name away. */
function named(name: string, config: CircuitBreakerOptions | undefined): CircuitBreakerOptions {
  return { ...config, name: config?.name ?? name }
}

function differences(known: ResolvedCircuitBreakerOptions, other: ResolvedCircuitBreakerOptions): readonly ConfigProblem[] {
  const names = Object.keys(known) as (keyof ResolvedCircuitBreakerOptions)[]
  return names
    .filter((name) => !isSame(known[name], other[name]))
    .map((name) => {
      const [is, got] = [text(known[name]), text(other[name])]
      return { path: name.replace(/Ms$/, ''), message: is === got ? 'is another one already' : `is ${is} already, got ${got}` }
    })
}

function text(value: unknown): string {
  return isPlain(value) ? JSON.stringify(value) : show(value)
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === 'function' && typeof other === 'function') return one === other || one.toString() === other.toString()
  return one === other || (isPlain(one) && JSON.stringify(one) === JSON.stringify(other))
}

/** A part of the options, in contrast to a collector, which is itself and no other. */
function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** The circuit breakers of the process, for whoever does not keep their own. Pure, so that a bundler leaves it out where nobody uses it. */
export const CircuitBreakerRegistry = /* @__PURE__ */ new CircuitBreakers()
