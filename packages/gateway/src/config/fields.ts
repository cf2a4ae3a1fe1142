import { type ConfigProblem, durationMs, maxTimerMs, ServiceStatus, type ServiceFilter, show, suggest } from '@hazeljs/core'
import type { ZodType } from 'zod'
import { ofRule } from './problems.js'
import type { Zod } from './zod.js'

/** Options as a rule across several of them meets them: any may be missing or of the wrong type, which other checks report. */
export type Loose<T> = Readonly<Partial<Record<keyof T, unknown>>>

/** Reports a problem at a path relative to the value that is checked. */
export type Report = (path: readonly PropertyKey[], message: string) => void

/** Where options stand, by the names under which users look for them. */
export type Elsewhere = Readonly<Record<string, string>>

function hint(name: string, known: readonly string[], elsewhere: Elsewhere): string {
  return Object.hasOwn(elsewhere, name) ? `did you mean ${elsewhere[name]}?` : suggest(name, known)
}

/** The sum of shares in per cent, freed of what binary fractions add: 33.3, 33.3 and 33.4 make 100. */
export function totalOf(shares: readonly number[]): number {
  return Number(shares.reduce((sum, share) => sum + share, 0).toFixed(6))
}

/**
 * The building blocks of the schemas. Each says in its message what it expected and what it got; an option that was left out, or is
 * `undefined`, is dealt with by `.optional()`.
 */
export class Fields {
  readonly z: Zod
  readonly text: ZodType<string>
  readonly flag: ZodType<boolean>
  readonly percent: ZodType<number>
  readonly count: ZodType<number>
  readonly filter: ZodType

  constructor(z: Zod) {
    this.z = z
    // Not `.min(1)`, which finds an empty list too short as well.
    this.text = z.string(got('a non-empty string')).refine((text) => text !== '', got('a non-empty string'))
    this.flag = z.boolean(got('true or false'))
    this.percent = this.#range('a number from 0 to 100, in per cent', 0, 100)
    this.count = z.int(got('a whole number of at least 1')).min(1, got('a whole number of at least 1'))
    this.filter = this.options<ServiceFilter>({
      zone: this.text.optional(),
      tags: z.array(this.text, got('an array of strings')).optional(),
      metadata: z.record(z.string(), z.unknown(), got('an object')).optional(),
      status: this.oneOf(Object.values(ServiceStatus)).optional(),
    })
  }

  /**
   * An object with these options and no others. `T` makes the compiler complain when the schema and the type disagree on their names.
   * `elsewhere`: what to write in place of names that users look for here.
   */
  options<T extends object>(shape: Record<keyof T, ZodType>, elsewhere: Elsewhere = {}, expected = 'an object'): ZodType<T> {
    const known = Object.keys(shape)
    const unknown = this.z.undefined({ error: (issue) => `unknown option; ${hint(String(issue.path?.at(-1)), known, elsewhere)}` })
    const schema: ZodType = this.z.object(shape as Record<string, ZodType>, got(expected)).catchall(unknown)
    return schema as ZodType<T>
  }

  /** The options of a schema, as names that stand `inside` it: `{ steps: 'promotion.steps' }`. */
  inside(name: string, schema: ZodType): Elsewhere {
    const options = schema instanceof this.z.ZodObject ? Object.keys(schema.shape) : []
    return Object.fromEntries(options.map((option) => [option, `${name}.${option}`]))
  }

  /** Adds a rule across several options. It runs even when single options are wrong, so that all problems are told at once. */
  rule<T extends object>(schema: ZodType<T>, rule: (value: Loose<T>, report: Report) => void): ZodType<T> {
    return schema.superRefine(
      (value, context) => {
        rule(value, (path, message) => context.addIssue({ code: 'custom', path: [...path], message, params: ofRule }))
      },
      { when: ({ value }) => isObject(value) },
    )
  }

  /** Options that another package checks: `problems` is the function it exports for that. */
  checkedBy<T extends object>(problems: (options: T) => readonly ConfigProblem[]): ZodType<T> {
    const anyOptions: ZodType<Record<string, unknown>> = this.z.looseObject({}, got('an object'))
    const checked: ZodType = this.rule(anyOptions, (value, report) => {
      for (const { path, message } of problems(value as T)) report(path === '' ? [] : [path], message)
    })
    return checked as ZodType<T>
  }

  /** Text with a rule of its own, which says what is wrong. */
  checkedText(problem: (text: string) => string | undefined): ZodType {
    return this.text.superRefine((text, context) => {
      const message = problem(text)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })
  }

  /** One of `literals` as it stands, or what `schema` allows. */
  or(literals: readonly (string | boolean)[], schema: ZodType, expected: string): ZodType {
    return this.z.union([...literals.map((literal) => this.z.literal(literal)), schema], got(expected))
  }

  list(item: ZodType, expected: string): ZodType<unknown[]> {
    return this.z.array(item, got(expected)).min(1, `expected ${expected}, got an empty array`)
  }

  oneOf(names: readonly string[]): ZodType {
    const expected = `one of ${names.map(show).join(', ')}`
    return this.z.enum(names, got(expected))
  }

  /** Milliseconds or text with a unit; at least `minMs`. */
  duration(minMs = 1): ZodType {
    const expected = `milliseconds or a string such as '250ms', '30s', '5m', from ${minMs} ms to ${maxTimerMs} ms`
    return this.where(expected, (value) => (durationMs(value) ?? -1) >= minMs)
  }

  function(expected: string): ZodType {
    return this.where(expected, (value) => typeof value === 'function')
  }

  where(expected: string, holds: (value: unknown) => boolean): ZodType {
    return this.z.custom(holds, got(expected))
  }

  #range(expected: string, min: number, max: number): ZodType<number> {
    return this.z.number(got(expected)).min(min, got(expected)).max(max, got(expected))
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** zod's hook for messages. */
export function got(expected: string): { error: (issue: { readonly input?: unknown }) => string } {
  return { error: ({ input }) => (input === undefined ? `is missing; expected ${expected}` : `expected ${expected}, got ${show(input)}`) }
}
