import { describe, expect, it } from 'vitest'
import { routeConflicts, routeProblems } from './route-problems.js'

const get = ['GET']

describe('routeConflicts', () => {
  it('names both routes and what they share', () => {
    expect(
      routeConflicts([
        { path: '/users/:id', methods: ['GET', 'PUT'] },
        { path: '/other' },
        { path: '/users/:name', methods: ['POST', 'PUT'] },
      ]),
    ).toEqual([
      {
        path: 'routes[2]',
        message: 'matches the same requests as routes[0] (/users/:id) for PUT; give each its own path or methods',
        first: 0,
        second: 2,
      },
    ])
  })

  it.each([
    ['twice without methods', [{ path: '/a' }, { path: '/a' }], 'every method'],
    ['with and without methods', [{ path: '/a' }, { path: '/a', methods: get }], 'GET'],
    ['a name and a star', [{ path: '/a/*' }, { path: '/a/:x' }], 'every method'],
    ['two encodings', [{ path: '/%61' }, { path: '/a' }], 'every method'],
    ['two prefixes', [{ path: '/a/:x/**' }, { path: '/a/:y/**' }], 'every method'],
  ])('finds %s', (_, entries, what) => {
    expect(routeConflicts(entries)).toEqual([
      expect.objectContaining({ first: 0, second: 1, message: expect.stringContaining(`for ${what};`) as string }),
    ])
  })

  it.each([
    [
      'different methods',
      [
        { path: '/a', methods: get },
        { path: '/a', methods: ['POST'] },
      ],
    ],
    [
      'GET and HEAD',
      [
        { path: '/a', methods: get },
        { path: '/a', methods: ['HEAD'] },
      ],
    ],
    ['a prefix and its path', [{ path: '/a/**' }, { path: '/a' }]],
    ['a trailing slash', [{ path: '/a/' }, { path: '/a' }]],
    ['a literal and a parameter', [{ path: '/a/b' }, { path: '/a/:x' }]],
    ['upper and lower case', [{ path: '/a' }, { path: '/A' }]],
    ['no methods at all', [{ path: '/a', methods: [] }, { path: '/a' }]],
  ])('leaves %s alone', (_, entries) => {
    expect(routeConflicts(entries)).toEqual([])
  })

  it('reports a route once', () => {
    expect(
      routeConflicts([{ path: '/a', methods: get }, { path: '/a', methods: ['PUT'] }, { path: '/a' }]).map(({ first, second }) => [
        first,
        second,
      ]),
    ).toEqual([[0, 2]])
  })
})

it('routeProblems lists bad patterns and equal routes together', () => {
  expect(routeProblems([{ path: 'a' }, { path: '/b' }, { path: '/b' }])).toEqual([
    { path: 'routes[0].path', message: expect.stringContaining('slash') as string },
    expect.objectContaining({ path: 'routes[2]', first: 1 }),
  ])
})
