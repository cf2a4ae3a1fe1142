import { describe, expect, it } from 'vitest'
import { OptionsCheck, problemsOf, resolveOptions, show } from './check.js'
import { ConfigError } from './errors.js'

/** The one complaint that `use` provokes, or nothing. */
function complaint(use: (check: OptionsCheck) => unknown): string | undefined {
  const check = new OptionsCheck('Thing')
  use(check)
  const [problem, ...more] = check.problems
  expect(more).toEqual([])
  return problem && `${problem.path}: ${problem.message}`
}

describe('number', () => {
  it('gives the value, or the fallback only where there is none', () => {
    const check = new OptionsCheck('Thing')
    expect(check.number('max', 7, 3)).toBe(7)
    expect(check.number('max', 0, 3)).toBe(0)
    expect(check.number('max', undefined, 3)).toBe(3)
    expect(check.problems).toEqual([])
  })

  it.each([
    ['7', {}, "max: expected a number, got '7'"],
    [Number.NaN, {}, 'max: expected a number, got NaN'],
    [null, {}, 'max: expected a number, got null'],
    [[], {}, 'max: expected a number, got an array'],
    [{}, {}, 'max: expected a number, got an object'],
    [-1, { min: 0 }, 'max: expected a number of at least 0, got -1'],
    [11, { max: 10 }, 'max: expected a number of at most 10, got 11'],
    [101, { min: 0, max: 100 }, 'max: expected a number from 0 to 100, got 101'],
    [1.5, { min: 1, integer: true }, 'max: expected a whole number of at least 1, got 1.5'],
    [Infinity, { integer: true }, 'max: expected a whole number, got Infinity'],
  ])('complains of %j in %j', (value, range, message) => {
    expect(complaint((check) => check.number('max', value, 1, range))).toBe(message)
  })

  it('takes the ends of a range', () => {
    for (const end of [0, 9]) expect(complaint((check) => check.number('max', end, 1, { min: 0, max: 9 }))).toBeUndefined()
  })
})

describe('duration', () => {
  it('gives milliseconds', () => {
    const check = new OptionsCheck('Thing')
    expect(check.duration('delay', '5s', 100)).toBe(5_000)
    expect(check.duration('delay', 0, 100)).toBe(0)
    expect(check.duration('delay', undefined, 100)).toBe(100)
    expect(check.problems).toEqual([])
  })

  it.each([
    ['soon', 0, "delay: expected milliseconds or a string such as '250ms', '30s', '5m' from 0 to 2147483647, got 'soon'"],
    [0, 1, "delay: expected milliseconds or a string such as '250ms', '30s', '5m' from 1 to 2147483647, got 0"],
    [-1, 0, "delay: expected milliseconds or a string such as '250ms', '30s', '5m' from 0 to 2147483647, got -1"],
  ])('complains of %j with %d as the least', (value, min, message) => {
    expect(complaint((check) => check.duration('delay', value, 100, min))).toBe(message)
  })
})

describe('oneOf', () => {
  it('gives what is allowed and complains of the rest', () => {
    const check = new OptionsCheck('Thing')
    expect(check.oneOf('jitter', 'full', true, [true, false, 'full'])).toBe('full')
    expect(check.oneOf('jitter', false, true, [true, false, 'full'])).toBe(false)
    expect(check.oneOf('jitter', undefined, true, [true, false, 'full'])).toBe(true)
    expect(check.oneOf('jitter', 'Full', true, [true, false, 'full'])).toBe(true)
    expect(check.problems).toEqual([{ path: 'jitter', message: "expected one of true, false, 'full', got 'Full'" }])
  })
})

it('function takes functions only', () => {
  const onRetry = () => undefined
  const check = new OptionsCheck('Thing')
  expect(check.function('onRetry', onRetry)).toBe(onRetry)
  expect(check.function<() => void>('onRetry', undefined)).toBeUndefined()
  check.function<unknown>('onRetry', 'log')
  expect(check.problems).toEqual([{ path: 'onRetry', message: "expected a function, got 'log'" }])
})

it('able takes objects that have the method', () => {
  const check = new OptionsCheck('Thing')
  const pattern = /x/
  expect(check.able('pattern', pattern, 'RegExp', 'test')).toBe(pattern)
  expect(check.able<RegExp>('pattern', undefined, 'RegExp', 'test')).toBeUndefined()
  for (const wrong of [{}, null, 'text']) check.able('pattern', wrong as RegExp, 'RegExp', 'test')
  expect(check.problems.map(({ message }) => message)).toEqual([
    'expected a RegExp, got an object',
    'expected a RegExp, got null',
    "expected a RegExp, got 'text'",
  ])
})

describe('known', () => {
  const names = ['maxAttempts', 'baseDelay', 'jitter']

  it.each([
    ['maxattempts', 'maxAttempts'],
    ['maxAttempt', 'maxAttempts'],
    ['maxAttemptss', 'maxAttempts'],
    ['baseDeley', 'baseDelay'],
    ['jittre', 'jitter'],
  ])('asks whether %s was meant to be %s', (written, meant) => {
    expect(complaint((check) => check.known('retry', { [written]: 1 }, names))).toBe(
      `retry.${written}: unknown option; did you mean ${meant}?`,
    )
  })

  it('lists what there is where nothing is near', () => {
    expect(complaint((check) => check.known('', { timeout: 1 }, names))).toBe(
      'timeout: unknown option; known are maxAttempts, baseDelay, jitter',
    )
  })

  it('has nothing against known options, nor against undefined', () => {
    expect(complaint((check) => check.known('', { jitter: 1, timeout: undefined }, names))).toBeUndefined()
  })
})

it('throws once, with everything', () => {
  const check = new OptionsCheck('RetryPolicy')
  check.number('maxAttempts', -1, 3, { min: 0, integer: true })
  check.add('baseDelay', 'is longer than maxDelay')
  expect(() => check.done()).toThrow(
    new ConfigError('RetryPolicy', [
      { path: 'maxAttempts', message: 'expected a whole number of at least 0, got -1' },
      { path: 'baseDelay', message: 'is longer than maxDelay' },
    ]),
  )
})

it.each([
  ['text', "'text'"],
  [5, '5'],
  [undefined, 'undefined'],
  [null, 'null'],
  [() => 1, 'a function'],
  [[1], 'an array'],
  [{ a: 1 }, 'an object'],
])('shows %j as %s', (value, shown) => {
  expect(show(value)).toBe(shown)
})

it('has nothing to throw where nothing is wrong', () => {
  expect(() => new OptionsCheck('Thing').done()).not.toThrow()
})

it('lists what a reader of options finds, or throws it', () => {
  const read = ({ max }: { max?: number }, check: OptionsCheck) => ({ max: check.number('max', max, 3, { min: 1 }) })
  expect(problemsOf(read, { max: 2 })).toEqual([])
  expect(problemsOf(read, { max: 0 })).toEqual([{ path: 'max', message: 'expected a number of at least 1, got 0' }])
  expect(resolveOptions('Thing', read, {})).toEqual({ max: 3 })
  expect(() => resolveOptions('Thing', read, { max: 0 })).toThrow('Thing: max: expected a number of at least 1, got 0')
})
