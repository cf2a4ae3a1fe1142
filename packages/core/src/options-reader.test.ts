import { describe, expect, it } from 'vitest'
import { ConfigError } from './errors.js'
import { OptionsReader, problemsOf, resolveOptions, show } from './options-reader.js'

interface Thing {
  readonly max?: unknown
  readonly delay?: unknown
  readonly jitter?: boolean | 'full' | undefined
  readonly name?: string | undefined
  readonly onRetry?: (() => void) | undefined
  readonly pattern?: RegExp | undefined
}

/** The one complaint that `read` provokes, or nothing. */
function complaint(given: object, read: (options: OptionsReader<Thing>) => unknown): string | undefined {
  const [problem, ...more] = problemsOf(read, given as Thing)
  expect(more).toEqual([])
  return problem && `${problem.path}: ${problem.message}`
}

describe('number', () => {
  it('gives the value, or the fallback only where there is none', () => {
    expect(new OptionsReader<Thing>({ max: 7 }).number('max', 3)).toBe(7)
    expect(new OptionsReader<Thing>({ max: 0 }).number('max', 3)).toBe(0)
    expect(new OptionsReader<Thing>({}).number('max', 3)).toBe(3)
    expect(new OptionsReader<Thing>({}).number('max', undefined)).toBeUndefined()
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
  ])('complains of %j in %j', (max, range, message) => {
    expect(complaint({ max }, (options) => options.number('max', 1, range))).toBe(message)
  })

  it('goes on with the fallback', () => {
    expect(new OptionsReader<Thing>({ max: -1 }).number('max', 3, { min: 0 })).toBe(3)
  })

  it('takes the ends of a range', () => {
    for (const max of [0, 9]) expect(complaint({ max }, (options) => options.number('max', 1, { min: 0, max: 9 }))).toBeUndefined()
  })
})

describe('duration', () => {
  it('gives milliseconds', () => {
    expect(new OptionsReader<Thing>({ delay: '5s' }).duration('delay', 100)).toBe(5_000)
    expect(new OptionsReader<Thing>({ delay: 0 }).duration('delay', 100)).toBe(0)
    expect(new OptionsReader<Thing>({}).duration('delay', 100)).toBe(100)
    expect(new OptionsReader<Thing>({}).duration('delay', undefined)).toBeUndefined()
  })

  it.each([
    ['soon', 0, "delay: expected milliseconds or a string such as '250ms', '30s', '5m' from 0 to 2147483647, got 'soon'"],
    [0, 1, "delay: expected milliseconds or a string such as '250ms', '30s', '5m' from 1 to 2147483647, got 0"],
    [-1, 0, "delay: expected milliseconds or a string such as '250ms', '30s', '5m' from 0 to 2147483647, got -1"],
  ])('complains of %j with %d as the least', (delay, min, message) => {
    expect(complaint({ delay }, (options) => options.duration('delay', 100, min))).toBe(message)
  })
})

describe('oneOf', () => {
  const jitterOf = (given: object) => new OptionsReader<Thing>(given).oneOf('jitter', true, [true, false, 'full'])

  it('gives what is allowed and complains of the rest', () => {
    expect(jitterOf({ jitter: 'full' })).toBe('full')
    expect(jitterOf({ jitter: false })).toBe(false)
    expect(jitterOf({})).toBe(true)
    expect(jitterOf({ jitter: 'Full' })).toBe(true)
    expect(complaint({ jitter: 'Full' }, (options) => options.oneOf('jitter', true, [true, false, 'full']))).toBe(
      "jitter: expected one of true, false, 'full', got 'Full'",
    )
  })
})

it('string and boolean take nothing else', () => {
  const good = new OptionsReader<Thing>({ name: '', jitter: false })
  expect([good.string('name', 'x'), good.boolean('jitter', true), good.string('pattern', 'x')]).toEqual(['', false, 'x'])
  expect(complaint({ name: 5 }, (options) => options.string('name', undefined))).toBe('name: expected a string, got 5')
  expect(complaint({ jitter: 1 }, (options) => options.boolean('jitter', true))).toBe('jitter: expected one of true, false, got 1')
})

it('function takes functions only', () => {
  const onRetry = () => undefined
  expect(new OptionsReader<Thing>({ onRetry }).function('onRetry')).toBe(onRetry)
  expect(new OptionsReader<Thing>({}).function('onRetry')).toBeUndefined()
  expect(complaint({ onRetry: 'log' }, (options) => options.function('onRetry'))).toBe("onRetry: expected a function, got 'log'")
})

it('able takes objects that have the method', () => {
  const pattern = /x/
  const read = (options: OptionsReader<Thing>) => options.able('pattern', 'RegExp', 'test')
  expect(read(new OptionsReader({ pattern }))).toBe(pattern)
  expect(read(new OptionsReader({}))).toBeUndefined()
  expect([{}, null, 'text'].map((wrong) => complaint({ pattern: wrong }, read))).toEqual([
    'pattern: expected a RegExp, got an object',
    'pattern: expected a RegExp, got null',
    "pattern: expected a RegExp, got 'text'",
  ])
})

it('required complains of what is missing, and only of that', () => {
  const read = (options: OptionsReader<Thing>) => options.number(options.required('max'), 1)
  expect(complaint({}, read)).toBe('max: is required')
  expect(complaint({ max: 5 }, read)).toBeUndefined()
})

describe('options that nothing reads', () => {
  const read = (options: OptionsReader<Record<'maxAttempts' | 'baseDelay' | 'jitter', unknown>>) => {
    options.number('maxAttempts', 3)
    options.duration('baseDelay', 100)
    return options.value('jitter')
  }
  const complaintOf = (given: object) => problemsOf(read, given as never).map(({ path, message }) => `${path}: ${message}`)

  it.each([
    ['maxattempts', 'maxAttempts'],
    ['maxAttempt', 'maxAttempts'],
    ['maxAttemptss', 'maxAttempts'],
    ['baseDeley', 'baseDelay'],
    ['jittre', 'jitter'],
  ])('are asked about: whether %s was meant to be %s', (written, meant) => {
    expect(complaintOf({ [written]: 1 })).toEqual([`${written}: unknown option; did you mean ${meant}?`])
  })

  it('are told what there is, in the order in which it was read, where nothing is near', () => {
    expect(complaintOf({ timeout: 1 })).toEqual(['timeout: unknown option; known are maxAttempts, baseDelay, jitter'])
  })

  it('are not those that are known, nor those that are undefined', () => {
    expect(complaintOf({ jitter: 1, timeout: undefined })).toEqual([])
  })

  it('stay unknown when it is only asked whether they are there', () => {
    expect(complaint({ max: 1 }, (options) => options.has('max'))).toBe('max: unknown option; known are ')
  })
})

describe('options inside options', () => {
  interface Outer {
    readonly window?: boolean | { readonly size?: number } | undefined
    readonly phases?: readonly { readonly for?: number }[] | undefined
  }
  const problemsIn = (given: object, read: (options: OptionsReader<Outer>) => unknown) =>
    problemsOf(read, given as Outer).map(({ path, message }) => `${path}: ${message}`)
  const readWindow = (options: OptionsReader<Outer>) => options.object('window').number('size', 10, { min: 1 })
  const readPhases = (options: OptionsReader<Outer>) => options.list('phases').map((phase) => phase.number('for', 1, { min: 1 }))

  it('are read under their path, and their names are checked, too', () => {
    expect(readWindow(new OptionsReader({ window: { size: 5 } }))).toBe(5)
    expect(problemsIn({ window: { size: 0, sizes: 1 } }, readWindow)).toEqual([
      'window.sizes: unknown option; did you mean size?',
      'window.size: expected a number of at least 1, got 0',
    ])
  })

  it('are none where the option is missing, and complained of where it is no object', () => {
    expect(readWindow(new OptionsReader({}))).toBe(10)
    expect(problemsIn({}, readWindow)).toEqual([])
    for (const [window, shown] of [
      [null, 'null'],
      [[], 'an array'],
      [5, '5'],
    ])
      expect(problemsIn({ window }, readWindow)).toEqual([`window: expected an object with options, got ${String(shown)}`])
  })

  it('may be given in place of what stands there', () => {
    expect(problemsIn({ window: true }, (options) => options.object('window', {}).number('size', 10))).toEqual([])
  })

  it('may be many', () => {
    expect(readPhases(new OptionsReader({ phases: [{ for: 3 }, {}] }))).toEqual([3, 1])
    expect(readPhases(new OptionsReader({ phases: 5 }))).toEqual([])
    expect(problemsIn({ phases: [{}, 5, { for: 0, fro: 1 }] }, readPhases)).toEqual([
      'phases[2].fro: unknown option; did you mean for?',
      'phases[1]: expected an object with options, got 5',
      'phases[2].for: expected a number of at least 1, got 0',
    ])
  })
})

it('complains of options that are no object', () => {
  expect(complaint(null as never, (options) => options.number('max', 1))).toBe(': expected an object with options, got null')
})

it('throws once, with everything', () => {
  const read = (options: OptionsReader<{ maxAttempts?: number; baseDelay?: number }>) => {
    options.number('maxAttempts', 3, { min: 0, integer: true })
    options.add('baseDelay', 'is longer than maxDelay')
  }
  expect(() => resolveOptions('RetryPolicy', read, { maxAttempts: -1 })).toThrow(
    new ConfigError('RetryPolicy', [
      { path: 'maxAttempts', message: 'expected a whole number of at least 0, got -1' },
      { path: 'baseDelay', message: 'is longer than maxDelay' },
    ]),
  )
})

it('resolves to what was read where nothing is wrong', () => {
  expect(resolveOptions('Thing', (options) => ({ max: options.number('max', 3) }), { max: 2 })).toEqual({ max: 2 })
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
