import { ConfigError } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { RouteTable } from './route-table.js'

const tableOf = (...routes: (string | readonly [path: string, ...methods: string[]])[]) =>
  new RouteTable(
    routes.map((route) => {
      const [path, ...methods] = typeof route === 'string' ? [route] : route
      return { path, methods: methods.length === 0 ? undefined : methods, value: [path, ...methods].join(' ') }
    }),
  )

const find = (table: RouteTable<string>, path: string, method = 'GET') => {
  const match = table.match(method, path)
  return match.kind === 'found' ? match.value : match.kind === 'not-found' ? undefined : `405 ${match.allow.join(',')}`
}

describe('which paths a pattern matches', () => {
  it.each([
    ['/a', ['/a'], ['/', '/a/', '/A', '/ab', '/a/b', '*', 'a', 'http://host/a', '']],
    ['/a/', ['/a/'], ['/a', '/a/b']],
    ['/', ['/'], ['/a']],
    ['/**', ['/', '/a', '/a/', '/a/b'], ['*']],
    ['/a/**', ['/a', '/a/', '/a/b', '/a/b/', '/a/b/c'], ['/', '/ab', '/b/a']],
    ['/a/*', ['/a/b'], ['/a', '/a/', '/a/b/', '/a/b/c']],
    ['/a/*/', ['/a/b/'], ['/a/b', '/a/']],
    ['/*/c', ['/a/c', '/c/c'], ['/c', '/a/b/c']],
    ['/:x/**', ['/a', '/a/', '/a/b'], ['/']],
    ['/v1/things:cancel', ['/v1/things:cancel'], ['/v1/things', '/v1/thingsx']],
    ['/a::b:/c', ['/a::b:/c'], ['/a:b:/c', '/ax/c']],
    ['/(a)+[b]{c}$', ['/(a)+[b]{c}$'], ['/a']],
    ['/a;v=1', ['/a;v=1'], ['/a']],
    ['/%61%2c%20', ['/a%2C%20'], ['/a,%20', '/a%252C%20']],
    ['/x%25/*', ['/x%25/y'], ['/x/y', '/x%2525/y']],
  ])('%s', (pattern, matching, others) => {
    const table = tableOf(pattern)
    expect(matching.filter((path) => find(table, path) === undefined)).toEqual([])
    expect(others.filter((path) => find(table, path) !== undefined)).toEqual([])
  })
})

describe('which route wins', () => {
  it.each([
    [['/a/*', '/a/b', '/a/**'], '/a/b', '/a/b'],
    [['/a/**', '/a/*'], '/a/x', '/a/*'],
    [['/**', '/a/**'], '/a/x/y', '/a/**'],
    [['/a/**', '/a'], '/a', '/a'],
    [['/:x', '/a/**'], '/a', '/a/**'],
    [['/:x/**', '/:x'], '/a', '/:x'],
    [['/*/c', '/a/**'], '/a/c', '/a/**'],
    [['/a/:x/c', '/:y/b/c'], '/a/b/c', '/a/:x/c'],
    [['/a/b/c', '/a/*/d', '/a/**'], '/a/b/d', '/a/*/d'],
    [['/a/b/c', '/a/*/d', '/a/**'], '/a/b/e', '/a/**'],
    [['/ab/*', '/a/*', '/*/x'], '/abc/x', '/*/x'],
  ])('of %j for %s is %s', (routes, path, winner) => {
    expect(find(tableOf(...routes), path)).toBe(winner)
    expect(find(tableOf(...routes.toReversed()), path)).toBe(winner)
  })

  it('depends on the method', () => {
    const table = tableOf(['/a/b', 'POST'], ['/a/*', 'PUT'], ['/a/**', 'GET', 'DELETE'])
    expect(find(table, '/a/b', 'POST')).toBe('/a/b POST')
    expect(find(table, '/a/b', 'PUT')).toBe('/a/* PUT')
    expect(find(table, '/a/b', 'DELETE')).toBe('/a/** GET DELETE')
    expect(find(table, '/a/b', 'PATCH')).toBe('405 DELETE,GET,HEAD,POST,PUT')
    expect(find(table, '/a', 'POST')).toBe('405 DELETE,GET,HEAD')
    expect(find(table, '/b', 'POST')).toBeUndefined()
  })

  it('gives methods that no route names to the routes without methods', () => {
    const table = tableOf(['/a/b', 'POST'], '/**')
    expect(find(table, '/a/b', 'PROPFIND')).toBe('/**')
    expect(find(table, '/a/b', 'POST')).toBe('/a/b POST')
  })

  it('tells routes of one path apart by their methods', () => {
    const table = tableOf(['/u/:id', 'GET'], ['/u/:name', 'POST'])
    expect(table.match('GET', '/u/1')).toMatchObject({ kind: 'found', value: '/u/:id GET', params: { id: '1' } })
    expect(table.match('POST', '/u/1')).toMatchObject({ kind: 'found', value: '/u/:name POST', params: { name: '1' } })
  })

  it('lets a prefix route serve what a route of its very path leaves out', () => {
    const table = tableOf(['/a', 'POST'], '/a/**')
    expect(find(table, '/a', 'POST')).toBe('/a POST')
    expect(find(table, '/a')).toBe('/a/**')
  })

  it('skips a route with an empty list of methods', () => {
    const table = new RouteTable([{ path: '/a', methods: [], value: 1 }])
    expect(table.match('GET', '/a')).toEqual({ kind: 'not-found' })
  })
})

describe('HEAD', () => {
  it('is served by the route that names GET', () => {
    expect(find(tableOf(['/a', 'GET'], '/**'), '/a', 'HEAD')).toBe('/a GET')
  })

  it('goes to a route of the same path that names HEAD', () => {
    expect(find(tableOf(['/a', 'GET'], ['/a', 'HEAD']), '/a', 'HEAD')).toBe('/a HEAD')
  })

  it('is allowed nowhere when neither is named', () => {
    expect(find(tableOf(['/a', 'POST']), '/a', 'HEAD')).toBe('405 POST')
  })
})

describe('params', () => {
  it('have the names of the pattern and the text of the path', () => {
    const table = tableOf('/a/:first/*/:second/**')
    expect(table.match('GET', '/a/x%2Cy/-/100%25/r/s')).toMatchObject({ params: { first: 'x%2Cy', second: '100%25' } })
  })

  it('are empty without names, and the answer costs no object', () => {
    const table = tableOf('/a/*/**')
    expect(table.match('GET', '/a/b/c')).toMatchObject({ params: {} })
    expect(table.match('GET', '/a/b/c')).toBe(table.match('GET', '/a/d'))
  })

  it('are also those of a less specific route', () => {
    expect(tableOf(['/a/b/c', 'POST'], ['/:x/:y/**', 'GET']).match('GET', '/a/b/c')).toMatchObject({ params: { x: 'a', y: 'b' } })
  })

  it('can be long and many', () => {
    const long = 'x'.repeat(5_000)
    expect(tableOf('/:a/:b/:c/:d/:e/:f').match('GET', `/1/2/3/4/${long}/6`)).toMatchObject({ params: { a: '1', e: long, f: '6' } })
  })
})

describe('a table that cannot be', () => {
  it('is refused with all its problems', () => {
    const build = () => tableOf('a', '/b', '/b')
    expect(build).toThrow(ConfigError)
    expect(build).toThrow(/routes\[0\]\.path.*\n.*routes\[2\]/)
  })
})
