import type { ConfigProblem } from '@hazeljs/core'
import type { ZodError } from 'zod'

type Issue = ZodError['issues'][number]

/** zod's issues as the problems of a ConfigError. `prefix` names what was checked: `routes[2]`, or empty. */
export function toProblems(issues: readonly Issue[], prefix: string): ConfigProblem[] {
  return issues.flatMap((issue) => {
    const path = joinPath(prefix, issue.path)
    const meant = issue.code === 'invalid_union' ? issue.errors.find(isWithin) : undefined
    return meant === undefined ? [{ path, message: issue.message }] : toProblems(meant, path)
  })
}

/** Whether the value had the kind that a branch of a union expects, so that its complaints are the ones to tell. */
function isWithin(issues: readonly Issue[]): boolean {
  return issues.every((issue) => {
    if (issue.path.length > 0) return true
    return issue.code === 'invalid_union' ? issue.errors.some(isWithin) : issue.code === 'custom' && issue.params === ofRule
  })
}

/** Marks the issues of rules, which only see values of the right kind. */
export const ofRule: Record<string, unknown> = Object.freeze({ rule: true })

const plainSegment = /^[A-Za-z_$@][^'"\s]*$/

/** `routes`, 2, `canary` becomes `routes[2].canary`; names that would not read well stand in brackets and quotes. */
export function joinPath(prefix: string, segments: readonly PropertyKey[]): string {
  let path = prefix
  for (const segment of segments) {
    if (typeof segment === 'number') path += `[${segment}]`
    else if (!plainSegment.test(String(segment))) path += `['${String(segment)}']`
    else path += path === '' ? String(segment) : `.${String(segment)}`
  }
  return path
}
