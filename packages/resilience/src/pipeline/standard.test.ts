import { ConfigError } from '@hazeljs/core'
import { FakeClock, ScriptedRandom } from '@hazeljs/core/testing'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { currentDeadline } from '../deadline.js'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import { RetryBudget } from '../retry/retry-budget.js'
import { RetryPolicy } from '../retry/retry-policy.js'
import { standard, type StandardPipeline } from './standard.js'
import { defaultTotalTimeoutMs, type StandardOptions, standardProblems } from './standard-options.js'

const never = () => new Promise<never>(() => undefined)
const down = () => Promise.reject(new Error('down'))
const namesOf = (pipeline: StandardPipeline) => pipeline.describe().policies?.map(({ policy }) => policy)

/** The message of the ConfigError. */
function refusal(options: StandardOptions): string {
  try {
    standard(options)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
  }
  return 'none'
}

describe('alone', () => {
  it('limits the time of all and of each attempt, retries within a budget, and breaks the circuit', () => {
    const pipeline = standard()
    expect(namesOf(pipeline)).toEqual(['Timeout', 'RetryPolicy', 'CircuitBreaker', 'Timeout'])
    expect(pipeline.timeout?.describe().timeoutMs).toBe(defaultTotalTimeoutMs)
    expect(pipeline.attemptTimeout?.describe().timeoutMs).toBe(10_000)
    expect(pipeline.budget?.available).toBe(100)
    expect(pipeline.circuitBreaker?.getState()).toBe('CLOSED')
    expect(pipeline.rateLimiter).toBeUndefined()
    expect(pipeline.warnings).toEqual([])
    expectTypeOf(pipeline.execute(() => 5)).toEqualTypeOf<Promise<number>>()
  })

  it('ends a call that never settles when its time is over, after three attempts', async () => {
    const clock = new FakeClock()
    const attempts: number[] = []
    const outcome = expect(
      standard({}, clock, new ScriptedRandom(0, 0)).execute(({ attempt, remainingMs }) => {
        attempts.push(attempt, remainingMs)
        return never()
      }),
    ).rejects.toMatchObject({ code: 'TIMEOUT' })
    await clock.advance(defaultTotalTimeoutMs)
    await outcome
    expect(attempts).toEqual([1, 10_000, 2, 10_000, 3, 10_000])
    expect(clock.pendingTimers).toBe(0)
  })
})

it('prints what it does, a part a line', () => {
  const text = String(standard({ metrics: new MetricsCollector(), rateLimit: { max: 100, window: '1s' }, name: 'prices' }))
  const lines = text.split('\n')
  expect(lines.map((line) => line.replace(/: .+/, ':'))).toEqual([
    'Recorder:',
    '  RateLimiter:',
    '    Timeout:',
    '      RetryPolicy:',
    '        CircuitBreaker:',
    '          Timeout:',
  ])
  expect(text).toContain('Timeout: 30 s')
  expect(text).toContain('RetryPolicy: retries: 2, exponential from 100 ms to 2 s')
  expect(text).toMatch(/CircuitBreaker: .*prices/)
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(140)
})

describe('the parts', () => {
  it('stand in their order, whatever the order of the options', () => {
    const metrics = new MetricsCollector()
    const pipeline = standard({
      attemptTimeout: '2s',
      circuitBreaker: { failureThreshold: 5 },
      retry: { maxAttempts: 1 },
      timeout: '9s',
      rateLimit: { max: 10, window: '1s' },
      metrics,
      name: 'prices',
    })
    const { rateLimiter, timeout, retry, circuitBreaker, attemptTimeout } = pipeline
    expect(pipeline.policies.slice(1)).toEqual([rateLimiter, timeout, retry, circuitBreaker, attemptTimeout])
    expect(namesOf(pipeline)?.[0]).toBe('Recorder')
    expect([pipeline.metrics, pipeline.name]).toEqual([metrics, 'prices'])
  })

  it('can be left out', async () => {
    expect(namesOf(standard({ retry: false }))).toEqual(['Timeout', 'CircuitBreaker'])
    expect(namesOf(standard({ circuitBreaker: false, attemptTimeout: false }))).toEqual(['Timeout', 'RetryPolicy'])
    const bare = standard({ timeout: false, retry: false, circuitBreaker: false })
    expect([bare.policies, bare.retry, bare.budget, bare.timeout, bare.circuitBreaker, bare.attemptTimeout]).toEqual([
      [],
      ...Array.from({ length: 5 }, () => undefined),
    ])
    expect(await bare.execute(() => 5)).toBe(5)
  })

  it('are the default where their option is undefined', () => {
    const undone = { timeout: undefined, retry: undefined, circuitBreaker: undefined, attemptTimeout: undefined, rateLimit: undefined }
    expect(standard(undone).describe()).toEqual(standard().describe())
    expect(standard({ retry: { maxAttempts: undefined } }).describe()).toEqual(standard().describe())
  })

  it('reject with an open circuit that has the name of the pipeline', async () => {
    const pipeline = standard({ name: 'prices', retry: false, circuitBreaker: { failureThreshold: 1 } })
    await expect(pipeline.execute(down)).rejects.toThrow('down')
    await expect(pipeline.execute(down)).rejects.toThrow("The circuit 'prices' is OPEN")
    pipeline.circuitBreaker?.reset()
    expect(await pipeline.execute(() => 5)).toBe(5)
    expect(standard({ name: 'prices', circuitBreaker: { name: 'own' } }).circuitBreaker?.options.name).toBe('own')
  })
})

describe('the time of an attempt', () => {
  it.each<[StandardOptions, number | undefined]>([
    [{ timeout: '10s', retry: { maxAttempts: 3 } }, 2_500],
    [{ timeout: 10_000 }, 3_333],
    [{ timeout: 2, retry: { maxAttempts: 4 } }, 1],
    [{ timeout: '10s', retry: { maxAttempts: 0 } }, undefined],
    [{ timeout: '10s', retry: false }, undefined],
    [{ timeout: false }, undefined],
    [{ timeout: false, attemptTimeout: '2s' }, 2_000],
    [{ timeout: '10s', attemptTimeout: '9s' }, 9_000],
    [{ timeout: '10s', attemptTimeout: false }, undefined],
  ])('of %j is %s', (options, expected) => {
    expect(standard(options).attemptTimeout?.describe().timeoutMs).toBe(expected)
  })

  it('is warned of where it is no less than the total', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    expect(standard({ timeout: '1s', attemptTimeout: '1s' }).warnings).toEqual([expect.objectContaining({ code: 'TIMEOUT_NEVER_FIRES' })])
    expect(emitWarning).toHaveBeenCalledOnce()
    emitWarning.mockRestore()
  })
})

describe('the budget', () => {
  it('is shared where it is given, also with other policies', async () => {
    const budget = new RetryBudget({ ratio: 0, perSecond: 0.1, memory: '10s' })
    const retry = { baseDelay: 0, maxAttempts: 5 }
    const one = standard({ retry, budget, circuitBreaker: false })
    const other = standard({ retry: { ...retry, budget }, circuitBreaker: false })
    expect([one.budget, other.budget]).toEqual([budget, budget])
    await expect(one.execute(down)).rejects.toMatchObject({ code: 'RETRY_EXHAUSTED', reason: 'budget', attempts: 2 })
    await expect(other.execute(down)).rejects.toMatchObject({ reason: 'budget', attempts: 1 })
    await expect(new RetryPolicy({ ...retry, budget }).execute(down)).rejects.toMatchObject({ reason: 'budget' })
  })
})

describe('propagateDeadline', () => {
  it('passes on what is left of the total', async () => {
    const clock = new FakeClock()
    const left = () => currentDeadline()?.remainingMs
    expect(await standard({ timeout: '5s', propagateDeadline: true }, clock).execute(left)).toBe(5_000)
    expect(await standard({ timeout: '5s' }, clock).execute(left)).toBeUndefined()
  })
})

describe('metrics', () => {
  it('are told once of each call, attempts and pauses together', async () => {
    const clock = new FakeClock()
    const metrics = new MetricsCollector('1m', clock)
    const pipeline = standard(
      { metrics, rateLimit: { max: 2, window: '1h' }, retry: { maxAttempts: 1, baseDelay: 100, jitter: false } },
      clock,
    )
    let calls = 0
    const cured = pipeline.execute(() => (++calls === 1 ? down() : 'fine'))
    await clock.advance(100)
    expect(await cured).toBe('fine')
    const failed = expect(pipeline.execute(down)).rejects.toMatchObject({ code: 'RETRY_EXHAUSTED' })
    await clock.advance(100)
    await failed
    await expect(pipeline.execute(down)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 2, successCalls: 1, failureCalls: 1, min: 100, max: 100 })
  })

  it('know results that are failures', async () => {
    const metrics = new MetricsCollector()
    const resultPredicate = (result: number) => result >= 500
    await standard({ metrics, retry: false, circuitBreaker: { resultPredicate } }).execute(() => 503)
    await standard({ metrics, retry: { maxAttempts: 0, resultPredicate } }).execute(() => 502)
    await standard({ metrics, retry: { resultPredicate } }).execute(() => 200)
    expect(metrics.getSnapshot()).toMatchObject({ successCalls: 1, failureCalls: 2 })
  })
})

describe('wrong options', () => {
  it('are refused at once, all of them, with their paths', () => {
    const options = JSON.parse(`{
      "name": 5, "timeout": -1, "attemptTimeout": "soon", "propagateDeadline": 1, "budget": {}, "metrics": {}, "retries": 3,
      "retry": { "baseDelay": -1, "maxAttempt": 2 }, "circuitBreaker": { "slidingWindow": { "size": 0 } }, "rateLimit": { "max": 5 }
    }`) as StandardOptions
    expect(standardProblems(options).map(({ path }) => path)).toEqual([
      'retries',
      'name',
      'timeout',
      'propagateDeadline',
      'retry.maxAttempt',
      'retry.baseDelay',
      'rateLimit.window',
      'budget',
      'circuitBreaker.slidingWindow.size',
      'attemptTimeout',
      'metrics',
    ])
    expect(refusal(options)).toMatch(/^standard has 11 problems:\n {2}- retries: unknown option/)
    expect(standardProblems({})).toEqual([])
  })

  it.each<[string, StandardOptions, string]>([
    ['parts that are none', { retry: null, circuitBreaker: 5 } as never, 'retry: expected an object with options, got null'],
    ['a budget without retries', { budget: new RetryBudget(), retry: false }, 'budget: there are no retries to limit'],
    ['two budgets', { budget: new RetryBudget(), retry: { budget: new RetryBudget() } }, 'budget: retry has one, too'],
    [
      'a deadline to pass on that is none',
      { timeout: false, propagateDeadline: true },
      'propagateDeadline: there is no timeout to pass on',
    ],
    ['what is no object', 5 as never, 'expected an object with options, got 5'],
  ])('are: %s', (_, options, message) => {
    expect(refusal(options)).toContain(message)
  })
})
