import { types } from 'node:util'

/** The root of every error these packages throw: a stable `code` for programs, a sentence for people, the `cause` kept. */
export class HazelError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** One thing wrong with a configuration, and where: `routes[2].canary.promotion.steps[1]`. */
export interface ConfigProblem {
  readonly path: string
  readonly message: string
}

/** A configuration was refused. Lists every problem found, not only the first; nothing was started. Code `CONFIG_INVALID`. */
export class ConfigError extends HazelError {
  readonly problems: readonly ConfigProblem[]

  constructor(subject: string, problems: readonly ConfigProblem[]) {
    super('CONFIG_INVALID', summary(subject, problems))
    this.problems = problems
  }
}

function summary(subject: string, problems: readonly ConfigProblem[]): string {
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return lines.length === 1
    ? `${subject}: ${String(lines[0])}`
    : `${subject} has ${lines.length} problems:\n${lines.map((line) => `  - ${line}`).join('\n')}`
}

/** Any thrown value as an Error: errors pass unchanged, those of another realm (a vm, a test runner's sandbox) too; the rest is wrapped and kept as the `cause`. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error || types.isNativeError(thrown) ? thrown : new Error(describe(thrown), { cause: thrown })
}

function describe(thrown: unknown): string {
  try {
    return `a thrown value that is no Error: ${String(thrown)}`
  } catch {
    return 'a thrown value that is no Error'
  }
}
