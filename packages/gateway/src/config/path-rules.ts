import { show } from '@hazeljs/core'
import { canonicalPath } from '../http/target.js'
import { LoadBalancerFactory } from '@hazeljs/discovery'
import { parsePattern } from '../routing/pattern.js'

/** What is wrong with a route's path, if anything. */
export function pathProblem(path: string): string | undefined {
  const pattern = parsePattern(path)
  return pattern.kind === 'problem' ? pattern.message : undefined
}

/** The same for all paths that match the same requests; a path that is none is its own shape. */
export function pathShape(path: string): string {
  const pattern = parsePattern(path)
  return pattern.kind === 'problem' ? path : pattern.shape
}

/** What is wrong with a prefix to strip or to add, if anything. */
export function prefixProblem(prefix: string): string | undefined {
  if (!prefix.startsWith('/')) return `expected a path that starts with a slash, such as '/api/users', got ${show(prefix)}`
  if (/[?#*]|\/:/.test(prefix)) return `expected a plain path without a query or wildcards, got ${show(prefix)}`
  const canonical = canonicalPath(prefix)
  return typeof canonical === 'string' ? undefined : `${show(prefix)} is no path: ${canonical.detail}`
}

/** A checked prefix in the form that request paths have, without a slash at its end; `''` when there is none. */
export function canonicalPrefix(prefix: string | undefined): string {
  const canonical = prefix === undefined ? '' : canonicalPath(prefix)
  return typeof canonical === 'string' ? canonical.replace(/\/$/, '') : ''
}

/** Says when no path that matches the route's path starts with `stripPrefix`, so that it would never be stripped. */
export function stripPrefixProblem(path: string, stripPrefix: string): string | undefined {
  const pattern = parsePattern(path)
  if (pattern.kind === 'problem' || prefixProblem(stripPrefix) !== undefined) return undefined
  const wanted = canonicalPrefix(stripPrefix).split('/').slice(1)
  const possible = wanted.every((text, index) => {
    const segment = pattern.segments[index]
    if (segment === undefined) return pattern.rest
    return segment.kind === 'one' || segment.text === text
  })
  return possible ? undefined : `a path that matches ${show(path)} never starts with ${show(stripPrefix)}, so nothing would be stripped`
}

/** What is wrong with the name of a load balancing strategy, if anything. Strategies that users registered are known. */
export function strategyProblem(name: string): string | undefined {
  if (LoadBalancerFactory.get(name) !== undefined) return undefined
  return `expected one of ${LoadBalancerFactory.names.map(show).join(', ')}, or one added with LoadBalancerFactory.register, got ${show(name)}`
}
