import { ConfigError, type ConfigProblem } from '@hazeljs/core'

/** The problems of the ConfigError that `check` throws. */
export function problemsOf(check: () => unknown): readonly ConfigProblem[] {
  try {
    check()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  throw new Error('Nothing was refused')
}
