import { show } from '@hazeljs/core'
import { canonicalPath } from '../http/target.js'

export type PatternSegment =
  | { readonly kind: 'literal'; readonly text: string }
  /** Exactly one segment that is not empty; `name` is `undefined` for `*`. */
  | { readonly kind: 'one'; readonly name: string | undefined }

/** A route's path, taken apart. Literal parts are in the canonical form that request targets have. */
export interface RoutePattern {
  readonly kind: 'pattern'
  readonly segments: readonly PatternSegment[]
  /** Whether it ends in `/**`: the path itself and all below it. */
  readonly rest: boolean
  /** The same for all patterns that match the same paths, whatever their parameters are called. */
  readonly shape: string
}

/** What is wrong with a pattern, as a sentence for whoever wrote it. */
export interface PatternProblem {
  readonly kind: 'problem'
  readonly message: string
}

const namePattern = /^[A-Za-z_]\w*$/

/** Reads a route's path: `/api/users/**`, `/files/*`, `/users/:id`. */
export function parsePattern(path: string): RoutePattern | PatternProblem {
  const problem = formProblem(path)
  if (problem !== undefined) return { kind: 'problem', message: problem }
  const canonical = canonicalPath(path)
  if (typeof canonical !== 'string') return { kind: 'problem', message: `${show(path)} cannot match: ${canonical.detail}` }
  const parts = canonical.split('/').slice(1)
  const rest = parts.at(-1) === '**'
  if (rest) parts.pop()
  const segments = parts.map(toSegment)
  const shape = `/${segments.map((segment) => (segment.kind === 'literal' ? segment.text : '*')).join('/')}${rest ? '/**' : ''}`
  return { kind: 'pattern', segments, rest, shape }
}

function formProblem(path: string): string | undefined {
  if (path === '') return "expected a path such as '/api/users/**', got an empty string"
  if (!path.startsWith('/')) return `a path begins with a slash: '/${path}', got ${show(path)}`
  if (path.includes('?')) return `a path has no query; leave out '${path.slice(path.indexOf('?'))}'`
  if (path.includes('#')) return `a path has no fragment; leave out '${path.slice(path.indexOf('#'))}'`
  const parts = path.split('/').slice(1)
  const problem = parts.map((part, index) => partProblem(part, index === parts.length - 1)).find((message) => message !== undefined)
  return problem ?? repeatedName(parts)
}

function partProblem(part: string, isLast: boolean): string | undefined {
  if (part === '**') return isLast ? undefined : "'**' stands for all that follows, so it can only be the last segment; '*' is one segment"
  if (part === '*') return undefined
  if (part === '.' || part === '..') return `the segment '${part}' never arrives: requests are matched after dot segments are resolved`
  if (part.startsWith(':')) return nameProblem(part.slice(1))
  return part.includes('*') ? `'*' and '**' stand for whole segments; '${part}' is neither these nor a literal` : undefined
}

function nameProblem(name: string): string | undefined {
  if (name === '') return "':' needs a name, such as ':id'; a segment without a name is '*'"
  if (name === '__proto__' || !namePattern.test(name))
    return `':${name}' is no name for a parameter: use letters, digits and '_', not beginning with a digit`
  return undefined
}

function repeatedName(parts: readonly string[]): string | undefined {
  const names = parts.filter((part) => part.startsWith(':'))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined ? undefined : `'${twice}' names two segments; give each its own name`
}

function toSegment(part: string): PatternSegment {
  if (part === '*') return { kind: 'one', name: undefined }
  return part.startsWith(':') ? { kind: 'one', name: part.slice(1) } : { kind: 'literal', text: part }
}
