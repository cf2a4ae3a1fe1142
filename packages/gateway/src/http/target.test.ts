import { describe, expect, it } from 'vitest'
import { isAuthority, parseTarget } from './target.js'

const pathOf = (raw: string): string => {
  const target = parseTarget('GET', raw)
  return target.kind === 'target' ? target.path : `${target.status} ${target.detail}`
}

describe('the forms of a target', () => {
  it('splits path and query', () => {
    expect(parseTarget('GET', '/a/b?x=1&y')).toEqual({ kind: 'target', path: '/a/b', query: '?x=1&y', authority: undefined })
    expect(parseTarget('GET', '/a?')).toEqual({ kind: 'target', path: '/a', query: '?', authority: undefined })
  })

  it.each([
    ['http://shop.example/a/../b?x=1', { path: '/b', query: '?x=1', authority: 'shop.example' }],
    ['HTTPS://shop.example:8443/', { path: '/', query: '', authority: 'shop.example:8443' }],
    ['http://[::1]:80/a', { path: '/a', query: '', authority: '[::1]:80' }],
    ['http://shop.example', { path: '/', query: '', authority: 'shop.example' }],
    ['http://shop.example?x', { path: '/', query: '?x', authority: 'shop.example' }],
    ['http://shop.example//evil.example/', { path: '/evil.example/', query: '', authority: 'shop.example' }],
  ])('takes the authority of %s', (raw, expected) => {
    expect(parseTarget('GET', raw)).toEqual({ kind: 'target', ...expected })
  })

  it('serves * and an empty absolute-form to OPTIONS only', () => {
    expect(parseTarget('OPTIONS', '*')).toEqual({ kind: 'target', path: '*', query: '', authority: undefined })
    expect(parseTarget('OPTIONS', 'http://a')).toEqual({ kind: 'target', path: '*', query: '', authority: 'a' })
    expect(parseTarget('GET', '*')).toMatchObject({ kind: 'refused', status: 400 })
  })

  it.each(['CONNECT', 'TRACE'])('does not serve %s', (method) => {
    expect(parseTarget(method, 'shop.example:443')).toMatchObject({ kind: 'refused', status: 501 })
  })

  it.each([
    ['', 'neither a path'],
    ['a/b', 'neither a path'],
    ['shop.example:443', 'neither a path'],
    ['ftp://shop.example/', 'neither a path'],
    ['http:/a', 'neither a path'],
    ['?x=1', 'neither a path'],
    ['*/a', 'neither a path'],
    ['http:///a', 'authority'],
    ['http://user@shop.example/', 'authority'],
    ['http://user:pw@shop.example/', 'authority'],
    ['http://a:b/', 'authority'],
    ['http://a\\b/', 'authority'],
    ['http://shop.example/#a', 'percent-encoded'],
    ['/a#b', 'percent-encoded'],
    ['/a?b#c', 'percent-encoded'],
    ['/a b', 'percent-encoded'],
    ['/a?b c', 'percent-encoded'],
    ['/a\tb', 'percent-encoded'],
    ['/a\0', 'percent-encoded'],
    ['/a\x7f', 'percent-encoded'],
    ['/caf\xe9', 'percent-encoded'],
    ['/a?caf\xe9', 'percent-encoded'],
  ])('refuses %j', (raw, reason) => {
    expect(parseTarget('GET', raw)).toMatchObject({ kind: 'refused', status: 400 })
    expect(pathOf(raw)).toContain(reason)
  })

  it('leaves the query as it is', () => {
    const query = '?path=/../%2e%2E//x%zz\\[]{}|^`"<>'
    expect(parseTarget('GET', `/a${query}`)).toMatchObject({ path: '/a', query })
  })
})

describe('the canonical path', () => {
  it.each([
    ['/', '/'],
    ['//', '/'],
    ['/a', '/a'],
    ['/a/', '/a/'],
    ['//a///b//', '/a/b/'],
    ['//10.0.0.1/admin', '/10.0.0.1/admin'],
    ['/.', '/'],
    ['/..', '/'],
    ['/../../etc', '/etc'],
    ['/a/./b', '/a/b'],
    ['/a/.', '/a/'],
    ['/a/..', '/'],
    ['/a/b/..', '/a/'],
    ['/a/b/../', '/a/'],
    ['/a/../b', '/b'],
    ['/a//../b', '/b'],
    ['/a/b/../../../c', '/c'],
    ['/.well-known/x', '/.well-known/x'],
    ['/...', '/...'],
    ['/a/..b/.c', '/a/..b/.c'],
    ['/%61%62', '/ab'],
    ['/a%2dz%5F%7e', '/a-z_~'],
    ['/file%2Etxt', '/file.txt'],
    ['/%2ehidden', '/.hidden'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a%20b%2cc', '/a%20b%2Cc'],
    ['/100%25', '/100%25'],
    ['/%252e%252e/x', '/%252e%252e/x'],
    ['/%252f', '/%252f'],
    ['/%25%32%65', '/%252e'],
    ['/a;v=1/b', '/a;v=1/b'],
    ['/[...slug]', '/[...slug]'],
    ["/a!$&'()*+,;=:@|^`{}", "/a!$&'()*+,;=:@|^`{}"],
  ])('of %s is %s', (raw, canonical) => {
    expect(pathOf(raw)).toBe(canonical)
  })

  it.each([
    ['/a%2Fb', 'encoded slash'],
    ['/a%2fb', 'encoded slash'],
    ['/a%5Cb', 'encoded backslash'],
    ['/a%00', 'NUL'],
    ['/..%2f..%2fetc', 'encoded slash'],
    ['/a\\b', 'backslash'],
    ['/..\\..\\etc', 'backslash'],
    ['/%2e', 'dot segment'],
    ['/%2e%2E/etc', 'dot segment'],
    ['/.%2e/etc', 'dot segment'],
    ['/a/%2e./b', 'dot segment'],
    ['/..;/admin', 'dot segment'],
    ['/a/.;x=1/b', 'dot segment'],
    ['/%2e%2e;/b', 'dot segment'],
    ['/..%3B/admin', 'dot segment'],
    ['/a/.%3bx=1/b', 'dot segment'],
    ['/%2e%2e%3b/b', 'dot segment'],
    ['/%', 'two hexadecimal'],
    ['/%4', 'two hexadecimal'],
    ['/%4/1', 'two hexadecimal'],
    ['/%zz', 'two hexadecimal'],
    ['/%u002e', 'two hexadecimal'],
    ['/%%32', 'two hexadecimal'],
  ])('of %s does not exist', (raw, reason) => {
    expect(parseTarget('GET', raw)).toMatchObject({ kind: 'refused', status: 400 })
    expect(pathOf(raw)).toContain(reason)
  })
})

describe('an authority', () => {
  it.each([
    'a',
    'shop.example',
    'shop.example:80',
    'a:65535',
    'a:00080',
    'A.Example.',
    '127.0.0.1:3000',
    '[::1]',
    '[::ffff:1.2.3.4]:80',
    'a_b',
    'a:',
    'caf%C3%A9',
  ])('can be %s', (text) => {
    expect(isAuthority(text)).toBe(true)
  })

  it.each([
    '',
    ':80',
    'u@a',
    'a/b',
    'a?b',
    'a#b',
    'a b',
    'a:b',
    'a:65536',
    'a:99999',
    'a:123456',
    '[::::]',
    '[...]',
    '[1.2.3.4]',
    '[1:2]',
    '[::1]a',
    '[fe80::1%25eth0]',
    '::1',
    '[::1',
    '[g]',
    'a\\b',
    'a%zz',
    'caf\xe9',
    'a\n',
  ])('cannot be %j', (text) => {
    expect(isAuthority(text)).toBe(false)
  })
})
