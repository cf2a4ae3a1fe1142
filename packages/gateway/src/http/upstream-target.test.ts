import { describe, expect, it } from 'vitest'
import { upstreamTarget } from './upstream-target.js'

describe('upstreamTarget', () => {
  it.each([
    { path: '/a/b', query: '?c', stripPrefix: '', addPrefix: '', expected: '/a/b?c' },
    { path: '/a/b', query: '', stripPrefix: '/a', addPrefix: '', expected: '/b' },
    { path: '/a', query: '', stripPrefix: '/a', addPrefix: '', expected: '/' },
    { path: '/a', query: '?q', stripPrefix: '/a', addPrefix: '', expected: '/?q' },
    { path: '/a/', query: '', stripPrefix: '/a', addPrefix: '', expected: '/' },
    { path: '/ab', query: '', stripPrefix: '/a', addPrefix: '', expected: '/ab' },
    { path: '/a/a/b', query: '', stripPrefix: '/a', addPrefix: '', expected: '/a/b' },
    { path: '/b', query: '', stripPrefix: '/a', addPrefix: '/v1', expected: '/v1/b' },
    { path: '/a', query: '?q', stripPrefix: '/a', addPrefix: '/v1', expected: '/v1?q' },
    { path: '/', query: '', stripPrefix: '', addPrefix: '/v1', expected: '/v1/' },
  ])('$path$query without "$stripPrefix", with "$addPrefix": $expected', ({ expected, path, query, ...prefixes }) => {
    expect(upstreamTarget({ kind: 'target', path, query, authority: undefined }, prefixes)).toBe(expected)
  })
})
