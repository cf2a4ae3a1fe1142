import { durationMs, maxTimerMs } from './duration.js'
import { ConfigError, type ConfigProblem } from './errors.js'

interface NumberRange {
  readonly min?: number
  readonly max?: number
  readonly integer?: boolean
}

type Name<T> = string & keyof T
type Given<T, N extends keyof T> = Exclude<T[N], undefined>

/**
 * Reads the options of one object by name, and collects every problem before anybody complains. Each method returns the value to use: the
 * fallback where the option is `undefined`, and, so that reading can go on, also where it is wrong.
 *
 * An option that nothing has read by the end is unknown: a name that is always allowed has to be read whatever the others say.
 */
export class OptionsReader<T extends object> {
  readonly #given: Partial<T>
  readonly #path: string
  readonly #problems: ConfigProblem[]
  readonly #names = new Set<string>()
  readonly #parts: OptionsReader<object>[] = []

  /** Of what is no object it complains, and reads nothing. */
  constructor(given: unknown, path = '', problems: ConfigProblem[] = []) {
    const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
    this.#given = isObject ? given : {}
    this.#path = path
    this.#problems = problems
    if (!isObject) this.add('', `expected an object with options, got ${show(given)}`)
  }

  /** Whether there is such an option. To ask is not to read it. */
  has(name: Name<T>): boolean {
    return this.#given[name] !== undefined
  }

  /** As it was given, for what no other method checks. */
  value<N extends Name<T>>(name: N): Partial<T>[N] {
    this.#names.add(name)
    return this.#given[name]
  }

  /** Complains where the option is missing; returns its name, for the method that reads it. */
  required<N extends Name<T>>(name: N): N {
    if (!this.has(name)) this.add(name, 'is required')
    return name
  }

  number<F extends number | undefined>(name: Name<T>, fallback: F, range: NumberRange = {}): number | F {
    const value: unknown = this.value(name)
    if (value === undefined) return fallback
    const { min = -Infinity, max = Infinity, integer = false } = range
    if (typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value))) return value
    return this.#not(`${integer ? 'a whole number' : 'a number'}${bounds(min, max)}`, name, fallback)
  }

  /** In milliseconds, as `fallback` and `min` are. */
  duration<F extends number | undefined>(name: Name<T>, fallback: F, min = 0): number | F {
    const value: unknown = this.value(name)
    if (value === undefined) return fallback
    const ms = durationMs(value)
    if (ms !== undefined && ms >= min) return ms
    return this.#not(`milliseconds or a string such as '250ms', '30s', '5m'${bounds(min, maxTimerMs)}`, name, fallback)
  }

  string<F extends string | undefined>(name: Name<T>, fallback: F): string | F {
    const value: unknown = this.value(name)
    if (value === undefined) return fallback
    return typeof value === 'string' ? value : this.#not('a string', name, fallback)
  }

  boolean(name: Name<T>, fallback: boolean): boolean {
    return this.#oneOf(name, fallback, [true, false])
  }

  oneOf<N extends Name<T>>(name: N, fallback: Given<T, N>, allowed: readonly Given<T, N>[]): Given<T, N> {
    return this.#oneOf(name, fallback, allowed)
  }

  function<N extends Name<T>>(name: N): Partial<T>[N] {
    const value = this.value(name)
    if (value === undefined || typeof value === 'function') return value as Partial<T>[N]
    this.#not('a function', name, undefined)
    return undefined
  }

  /** An object that has `method`, as a `kind` does: by what it can, for it may be of another copy of the package. */
  able<N extends Name<T>>(name: N, kind: string, method: Name<Given<T, N>>): Partial<T>[N] {
    const value = this.value(name)
    if (value === undefined || typeof (value as Partial<Given<T, N>> | null)?.[method] === 'function') return value
    this.#not(`a ${kind}`, name, undefined)
    return undefined
  }

  /** Of the options inside an option: none where it is missing. `given`: what to read in its place. */
  object<N extends Name<T>>(name: N, given: unknown = this.value(name)): OptionsReader<Extract<T[N], object>> {
    this.#names.add(name)
    return this.#part(name, given === undefined ? {} : given)
  }

  /** One for each element of an option that is a list; none where it is no list, of which it says nothing. */
  list<N extends Name<T>>(name: N): OptionsReader<Extract<T[N], readonly object[]>[number]>[] {
    const given: unknown = this.value(name)
    return Array.isArray(given) ? given.map((element, index) => this.#part(`${name}[${index}]`, element)) : []
  }

  add(name: string, message: string): void {
    this.#problems.push({ path: this.#pathOf(name), message })
  }

  /** Every problem: first the options that nothing has read, then what was wrong with the others. */
  done(): readonly ConfigProblem[] {
    return [...this.#unknown(), ...this.#problems]
  }

  #unknown(): readonly ConfigProblem[] {
    const names = Object.keys(this.#given).filter((name) => !this.#names.has(name) && this.has(name as Name<T>))
    const unknown = names.map((name) => ({ path: this.#pathOf(name), message: `unknown option; ${suggest(name, [...this.#names])}` }))
    return [...unknown, ...this.#parts.flatMap((part) => part.#unknown())]
  }

  #oneOf<V>(name: Name<T>, fallback: V, allowed: readonly V[]): V {
    const value: unknown = this.value(name)
    if (value === undefined) return fallback
    return allowed.find((one) => one === value) ?? this.#not(`one of ${allowed.map(show).join(', ')}`, name, fallback)
  }

  #not<F>(expected: string, name: Name<T>, fallback: F): F {
    this.add(name, `expected ${expected}, got ${show(this.#given[name])}`)
    return fallback
  }

  #part<P extends object>(name: string, given: unknown): OptionsReader<P> {
    const part = new OptionsReader<P>(given, this.#pathOf(name), this.#problems)
    this.#parts.push(part)
    return part
  }

  #pathOf(name: string): string {
    return this.#path === '' || name === '' ? this.#path + name : `${this.#path}.${name}`
  }
}

/** Reads options, filling in defaults. */
type ReadOptions<Options extends object, Resolved> = (options: OptionsReader<Options>) => Resolved

/** What `read` finds wrong with `given`; empty when there is nothing. */
export function problemsOf<Options extends object>(read: ReadOptions<Options, unknown>, given: Options): readonly ConfigProblem[] {
  const options = new OptionsReader<Options>(given)
  read(options)
  return options.done()
}

/** What `read` makes of `given`; `subject` opens the error's message. @throws ConfigError listing every problem. */
export function resolveOptions<Options extends object, Resolved>(
  subject: string,
  read: ReadOptions<Options, Resolved>,
  given: Options,
): Resolved {
  const options = new OptionsReader<Options>(given)
  const resolved = read(options)
  const problems = options.done()
  if (problems.length > 0) throw new ConfigError(subject, problems)
  return resolved
}

function bounds(min: number, max: number): string {
  if (min !== -Infinity && max !== Infinity) return ` from ${min} to ${max}`
  if (min !== -Infinity) return ` of at least ${min}`
  return max === Infinity ? '' : ` of at most ${max}`
}

/** A value as an error message shows it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

/** The end of a complaint about an unknown name: the known one that was probably meant, else all of them. */
export function suggest(name: string, known: readonly string[]): string {
  const near = known.find((one) => one.toLowerCase() === name.toLowerCase()) ?? known.find((one) => isNear(one, name))
  return near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`
}

/** Whether one typing slip turns one name into the other: a letter more, less, other, or two swapped. */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  const restA = a.slice(start)
  const restB = b.slice(start)
  if (restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1)) return true
  return restA === restB.charAt(1) + restB.charAt(0) + restB.slice(2)
}
