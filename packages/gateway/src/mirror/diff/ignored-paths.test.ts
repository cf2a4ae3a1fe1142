import { describe, expect, it } from 'vitest'
import { compileIgnoredPaths, ignoredPathProblem, stepInto } from './ignored-paths.js'

/** Whether a walk along `keys` comes upon something ignored. */
function ignores(path: string, keys: readonly string[]): boolean {
  let places = compileIgnoredPaths([path])
  for (const key of keys) {
    const next = stepInto(places, key)
    if (next === 'ignored') return true
    places = next
  }
  return false
}

describe('a path that is ignored', () => {
  it.each([
    ['$.a', ['a'], true],
    ['$.a', ['a', 'b'], true],
    ['$.a', ['b', 'a'], false],
    ['$.a.b', ['a'], false],
    ['$.items[*].updatedAt', ['items', '7', 'updatedAt'], true],
    ['$.items[*].updatedAt', ['items', '7', 'price'], false],
    ['$.items[0].price', ['items', '0', 'price'], true],
    ['$.items[0].price', ['items', '1', 'price'], false],
    ['$[2]', ['2'], true],
    ['$.*.id', ['anything', 'id'], true],
    ['$..etag', ['etag'], true],
    ['$..etag', ['a', 'b', '3', 'etag'], true],
    ['$..meta.at', ['x', 'meta', 'meta', 'at'], true],
    ['$..meta.at', ['meta', 'x', 'at'], false],
    ['$..a..a.b', ['a', 'x', 'a', 'a', 'b'], true],
    ['$..a..a.b', ['a', 'b'], false],
    ['$..a.a', ['a', 'x', 'a', 'a'], true],
    [`$['a b']`, ['a b'], true],
    [`$["it's"]`, [`it's`], true],
    [`$['*']`, ['x'], false],
    ['$.größe', ['größe'], true],
  ] as const)('%s, at %j: %s', (path, keys, expected) => {
    expect(ignoredPathProblem(path)).toBeUndefined()
    expect(ignores(path, keys)).toBe(expected)
  })

  it.each(['', '$', 'a.b', '$.', '$..', '$.a..', '$[', '$[a]', '$.a b', `$['a"]`, '$.a[1', '.a'])('%j is none', (path) => {
    expect(ignoredPathProblem(path)).toMatch(/^expected a path such as/)
    expect(compileIgnoredPaths([path])).toEqual([])
  })
})
