import { describe, expect, it } from 'vitest'
import { parsePattern } from './pattern.js'

const shapeOf = (path: string) => {
  const pattern = parsePattern(path)
  return pattern.kind === 'pattern' ? pattern.shape : pattern.message
}

describe('parsePattern', () => {
  it('takes a pattern apart', () => {
    expect(parsePattern('/users/:id/*/**')).toEqual({
      kind: 'pattern',
      segments: [
        { kind: 'literal', text: 'users' },
        { kind: 'one', name: 'id' },
        { kind: 'one', name: undefined },
      ],
      rest: true,
      shape: '/users/*/*/**',
    })
  })

  it.each([
    ['/', '/'],
    ['/**', '//**'],
    ['/a/', '/a/'],
    ['/users/:id', '/users/*'],
    ['/users/:other', '/users/*'],
    ['/v1/things:cancel', '/v1/things:cancel'],
    ['/a//b', '/a/b'],
    ['/%61%2c', '/a%2C'],
    ['/[x](y)+{z}', '/[x](y)+{z}'],
  ])('gives %s the shape %s', (path, shape) => {
    expect(shapeOf(path)).toBe(shape)
  })

  it.each([
    ['', 'empty string'],
    ['users', "begins with a slash: '/users'"],
    ['**', 'begins with a slash'],
    ['/a?x=1', "no query; leave out '?x=1'"],
    ['/a#top', "no fragment; leave out '#top'"],
    ['/a/**/b', "'**' stands for all that follows"],
    ['/**/', "'**' stands for all that follows"],
    ['/a*', "'a*' is neither"],
    ['/a**', "'a**' is neither"],
    ['/***', "'***' is neither"],
    ['/:', "':' needs a name"],
    ['/:id:cancel', "':id:cancel' is no name"],
    ['/:1', "':1' is no name"],
    ['/:id?', 'no query'],
    ['/:__proto__', 'is no name'],
    ['/:id/x/:id', "':id' names two segments"],
    ['/a/../b', "'..' never arrives"],
    ['/./b', "'.' never arrives"],
    ['/%2e%2e/b', 'disguised dot segment'],
    ['/a%2fb', 'encoded slash'],
    ['/a\\b', 'backslash'],
    ['/100%', 'two hexadecimal digits'],
    ['/caf\xe9', 'percent-encoded'],
    ['/a b', 'percent-encoded'],
  ])('explains what is wrong with %j', (path, message) => {
    expect(parsePattern(path)).toMatchObject({ kind: 'problem' })
    expect(shapeOf(path)).toContain(message)
  })
})
