import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { compileIgnoredPaths } from './ignored-paths.js'
import { jsonDifferences } from './json-differences.js'

const paths = (primary: unknown, mirror: unknown, ignored: readonly string[] = [], limit = 20) =>
  jsonDifferences(primary, mirror, compileIgnoredPaths(ignored), limit).map(({ path }) => path)

describe('jsonDifferences', () => {
  it.each([
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, []],
    [{ a: 1 }, { a: 2 }, ['$.a']],
    [{ a: 1 }, {}, ['$.a']],
    [{}, { a: null }, ['$.a']],
    [
      [1, 2],
      [2, 1],
      ['$[0]', '$[1]'],
    ],
    [[1], [1, null], ['$[1]']],
    [[], {}, ['$']],
    [null, {}, ['$']],
    [0, -0, []],
    ['1', 1, ['$']],
    [{ 'a b': { c: [{ d: 1 }] } }, { 'a b': { c: [{ d: 2 }] } }, ['$["a b"].c[0].d']],
    [{ x: 1, y: 1 }, { z: 1, y: 2 }, ['$.x', '$.y', '$.z']],
  ])('finds in %j and %j: %j', (primary, mirror, expected) => {
    expect(paths(primary, mirror)).toEqual(expected)
  })

  it('takes names that every object has for names', () => {
    expect(paths(JSON.parse('{"constructor":1}'), {})).toEqual(['$.constructor'])
    expect(paths(JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":2}}'))).toEqual(['$.__proto__.a'])
  })

  it('says which field it is, wherever in a list, and what both have there', () => {
    expect(jsonDifferences({ items: [{ n: 1 }] }, { items: [{ n: 2 }] }, [], 20)).toMatchObject([
      { path: '$.items[0].n', field: '$.items[*].n', primary: 1, mirror: 2 },
    ])
  })

  it('leaves out what is ignored, and stops at the limit', () => {
    const ignored = ['$.at', '$.items[*].id']
    expect(paths({ at: 1, items: [{ id: 1, n: 1 }] }, { at: 2, items: [{ id: 2, n: 2 }, { id: 3 }] }, ignored)).toEqual([
      '$.items[0].n',
      '$.items[1]',
    ])
    expect(paths([1, 2, 3], [4, 5, 6], [], 2)).toEqual(['$[0]', '$[1]'])
  })

  it('walks any depth', () => {
    const deep = (end: string) => JSON.parse(`${'['.repeat(30_000)}${end}${']'.repeat(30_000)}`) as unknown
    expect(paths(deep('1'), deep('2'), ['$..x'])).toHaveLength(1)
    expect(paths(deep('1'), deep('1'))).toEqual([])
  })

  it('takes no longer for paths that may begin anywhere, however deep their names repeat', () => {
    const deep = (end: string) => JSON.parse(`${'{"a":'.repeat(2_000)}${end}${'}'.repeat(2_000)}`) as unknown
    expect(paths(deep('1'), deep('2'), ['$..a..a..a..a..b', '$..*..*..*..*.x'])).toHaveLength(1)
  })

  it('finds nothing exactly where two values are equal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.boolean(), (one, other, same) => {
        const primary = JSON.parse(JSON.stringify(one)) as unknown
        const mirror = JSON.parse(JSON.stringify(same ? one : other)) as unknown
        expect(paths(primary, mirror).length === 0).toBe(isDeepStrictEqual(primary, mirror))
      }),
    )
  })
})
