import { type ConfigProblem, toError } from '@hazeljs/core'
import { joinPath } from './problems.js'

export interface FrozenCopy {
  readonly copy: unknown
  /** What could not be copied, and was left out. */
  readonly problems: readonly ConfigProblem[]
}

/**
 * A deep copy of plain objects and arrays, frozen. Whatever else is in them, such as functions and clients, is kept as it is. Each property
 * is read once, so that what is checked is what is used. `prefix` stands before the paths of problems.
 */
export function frozenCopy(value: unknown, prefix = ''): FrozenCopy {
  const problems: ConfigProblem[] = []
  return { copy: copyOf(value, { path: prefix, holders: [], problems }), problems }
}

/** Where something stands in what is copied. */
interface Place {
  readonly path: string
  /** The objects around it, the outermost first. */
  readonly holders: readonly object[]
  readonly problems: ConfigProblem[]
}

function copyOf(value: unknown, place: Place): unknown {
  if (!Array.isArray(value) && !isPlain(value)) return value
  const { path, problems } = place
  if (place.holders.includes(value)) {
    problems.push({ path, message: 'holds itself' })
    return undefined
  }
  const inside = { ...place, holders: [...place.holders, value] }
  try {
    if (Array.isArray(value)) return Object.freeze(Array.from(value, (item: unknown, index) => copyOf(item, below(inside, index))))
    return Object.freeze(Object.fromEntries(Object.keys(value).flatMap((name) => copiedProperty(value, name, below(inside, name)))))
  } catch (error) {
    problems.push(unreadable(path, error))
    return undefined
  }
}

function copiedProperty(holder: object, name: string, place: Place): [string, unknown][] {
  // No schema sees it, and what no schema has seen must not be used.
  if (name === '__proto__') {
    place.problems.push({ path: place.path, message: 'is no name that can be used' })
    return []
  }
  let value: unknown
  try {
    value = (holder as Readonly<Record<string, unknown>>)[name]
  } catch (error) {
    place.problems.push(unreadable(place.path, error))
    return []
  }
  return [[name, copyOf(value, place)]]
}

function below(place: Place, segment: PropertyKey): Place {
  return { ...place, path: joinPath(place.path, [segment]) }
}

/** What is told of something that throws when it is looked at. */
export function unreadable(path: string, error: unknown): ConfigProblem {
  return { path, message: `cannot be read: ${toError(error).message}` }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
