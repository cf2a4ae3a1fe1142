import { durationMs, maxTimerMs } from './duration.js'
import { ConfigError, type ConfigProblem } from './errors.js'

interface NumberRange {
  readonly min?: number
  readonly max?: number
  readonly integer?: boolean
}

/**
 * Checks options and collects every problem before it complains. Each method returns the value to use: the fallback where the option is
 * `undefined`, and, so that checking can go on, also where it is wrong.
 */
export class OptionsCheck {
  readonly problems: ConfigProblem[] = []
  readonly #subject: string

  /** `subject` opens the message: the class or function whose options these are. */
  constructor(subject: string) {
    this.#subject = subject
  }

  number(path: string, value: unknown, fallback: number, range: NumberRange = {}): number {
    if (value === undefined) return fallback
    const { min = -Infinity, max = Infinity, integer = false } = range
    if (typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value))) return value
    this.add(path, `expected ${integer ? 'a whole number' : 'a number'}${bounds(min, max)}, got ${show(value)}`)
    return fallback
  }

  /** `min` is in milliseconds. */
  duration(path: string, value: unknown, fallback: number, min = 0): number {
    if (value === undefined) return fallback
    const ms = durationMs(value)
    if (ms !== undefined && ms >= min) return ms
    this.add(path, `expected milliseconds or a string such as '250ms', '30s', '5m'${bounds(min, maxTimerMs)}, got ${show(value)}`)
    return fallback
  }

  oneOf<T extends string | boolean>(path: string, value: unknown, fallback: T, allowed: readonly T[]): T {
    if (value === undefined) return fallback
    if (allowed.includes(value as T)) return value as T
    this.add(path, `expected one of ${allowed.map((one) => show(one)).join(', ')}, got ${show(value)}`)
    return fallback
  }

  function<F>(path: string, value: F | undefined): F | undefined {
    if (value !== undefined && typeof value !== 'function') this.add(path, `expected a function, got ${show(value)}`)
    return value
  }

  /** An object that has `method`, as a `kind` does: by what it can, for it may be of another copy of the package. */
  able<T extends object>(path: string, value: T | undefined, kind: string, method: string & keyof T): T | undefined {
    if (value !== undefined && typeof (value as Partial<T> | null)?.[method] !== 'function')
      this.add(path, `expected a ${kind}, got ${show(value)}`)
    return value
  }

  /** The object to read options from, an empty one where `value` is none; complains of that, and of options that are not `known`. */
  object<T extends object>(path: string, value: T, known: readonly (string & keyof T)[]): Partial<T> {
    if (typeof value !== 'object' || (value as T | null) === null || Array.isArray(value)) {
      this.add(path, `expected an object with options, got ${show(value)}`)
      return {}
    }
    this.known(path, value, known)
    return value
  }

  /** Complains of every option that nothing reads, naming the nearest known one. */
  known(path: string, options: object, known: readonly string[]): void {
    for (const [key, value] of Object.entries(options)) {
      if (known.includes(key) || value === undefined) continue
      this.add(path === '' ? key : `${path}.${key}`, `unknown option; ${suggest(key, known)}`)
    }
  }

  add(path: string, message: string): void {
    this.problems.push({ path, message })
  }

  /** Throws one ConfigError with all problems, if there are any. */
  done(): void {
    if (this.problems.length > 0) throw new ConfigError(this.#subject, this.problems)
  }
}

/** Reads options, filling in defaults, and tells `check` of every problem. */
type OptionsReader<Options, Resolved> = (options: Options, check: OptionsCheck) => Resolved

/** What `read` finds wrong with `options`; empty when there is nothing. */
export function problemsOf<Options>(read: OptionsReader<Options, unknown>, options: Options): readonly ConfigProblem[] {
  const check = new OptionsCheck('')
  read(options, check)
  return check.problems
}

/** What `read` makes of `options`; `subject` opens the error's message. @throws ConfigError listing every problem. */
export function resolveOptions<Options, Resolved>(subject: string, read: OptionsReader<Options, Resolved>, options: Options): Resolved {
  const check = new OptionsCheck(subject)
  const resolved = read(options, check)
  check.done()
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
