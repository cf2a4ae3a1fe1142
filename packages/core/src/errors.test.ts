import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ConfigError, HazelError, toError } from './errors.js'

class LostError extends HazelError {
  constructor(cause: unknown) {
    super('LOST', 'The answer was lost', { cause })
  }
}

it('an error says its class, its code and its cause', () => {
  const cause = new Error('reset')
  const error = new LostError(cause)
  expect(error).toBeInstanceOf(HazelError)
  expect(error).toMatchObject({ name: 'LostError', code: 'LOST', message: 'The answer was lost', cause })
  expect(String(error)).toBe('LostError: The answer was lost')
  expect(Object.hasOwn(new HazelError('X', 'x'), 'cause')).toBe(false)
})

describe('ConfigError', () => {
  it('says one problem in one line', () => {
    const error = new ConfigError('RetryPolicy', [{ path: 'maxAttempts', message: 'expected a whole number of at least 0, got -1' }])
    expect(error).toMatchObject({ name: 'ConfigError', code: 'CONFIG_INVALID' })
    expect(error.message).toBe('RetryPolicy: maxAttempts: expected a whole number of at least 0, got -1')
  })

  it('lists several, each with its path, and one that has none', () => {
    const problems = [
      { path: 'routes[2].path', message: 'is missing' },
      { path: '', message: 'expected an object' },
    ]
    const error = new ConfigError('The gateway config', problems)
    expect(error.message).toBe('The gateway config has 2 problems:\n  - routes[2].path: is missing\n  - expected an object')
    expect(error.problems).toEqual(problems)
  })
})

describe('toError', () => {
  it('passes errors unchanged, those of other realms too', () => {
    const foreign = runInNewContext('new TypeError("foreign")') as Error
    for (const error of [new RangeError('own'), new LostError('x'), foreign]) expect(toError(error)).toBe(error)
  })

  it.each([
    ['text', 'text'],
    [0, '0'],
    [null, 'null'],
    [undefined, 'undefined'],
    [5n, '5'],
    [Symbol('s'), 'Symbol(s)'],
    [['a', 'b'], 'a,b'],
  ])('wraps %s and keeps it', (thrown, said) => {
    const error = toError(thrown)
    expect(error.message).toBe(`a thrown value that is no Error: ${said}`)
    expect(error.cause).toBe(thrown)
  })

  it('wraps even what cannot be said', () => {
    const mute: object = Object.create(null) as object
    expect(toError(mute)).toMatchObject({ message: 'a thrown value that is no Error', cause: mute })
  })
})
