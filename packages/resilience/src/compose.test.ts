import { FakeClock } from '@hazeljs/core/testing'
import { expect, it } from 'vitest'
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.js'
import { compose } from './compose.js'
import { type Call, type CallContext, type CallOptions, type Policy, rootContext } from './policy.js'
import { RetryPolicy } from './retry/retry-policy.js'
import { Timeout } from './timeout/timeout.js'

class Named implements Policy {
  readonly #name: string
  readonly #log: string[]

  constructor(name: string, log: string[]) {
    this.#name = name
    this.#log = log
  }

  async execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    this.#log.push(`${this.#name} in`)
    const result = await call(context as CallContext)
    this.#log.push(`${this.#name} out`)
    return result
  }
}

it('nests policies, outermost first, and hands the context inwards', async () => {
  const log: string[] = []
  const context = rootContext()
  const policy = compose(new Named('a', log), new Named('b', log), new Named('c', log))
  const result = await policy.execute((given) => {
    expect(given).toBe(context)
    log.push('call')
    return 'fine'
  }, context)
  expect(result).toBe('fine')
  expect(log).toEqual(['a in', 'b in', 'c in', 'call', 'c out', 'b out', 'a out'])
})

it('is the policy itself where there is one, and only calls where there is none', async () => {
  const timeout = new Timeout(100)
  expect(compose(timeout)).toBe(timeout)
  expect(await compose().execute((context) => context.attempt)).toBe(1)
  await expect(
    compose().execute(() => {
      throw new Error('at once')
    }),
  ).rejects.toThrow('at once')
})

it('gives each attempt its own time, and the total timeout ends them all', async () => {
  const clock = new FakeClock()
  const policy = compose(
    new Timeout(250, clock),
    new RetryPolicy({ backoff: 'fixed', baseDelay: 10, jitter: false, maxAttempts: 9 }, clock),
    new CircuitBreaker({ failureThreshold: 9 }, clock),
    new Timeout(100, clock),
  )
  const attempts: number[] = []
  const outcome = expect(
    policy.execute(({ attempt }) => {
      attempts.push(attempt)
      return new Promise(() => undefined)
    }),
  ).rejects.toMatchObject({ code: 'TIMEOUT', timeoutMs: 250 })
  await clock.advance(1_000)
  await outcome
  expect(attempts).toEqual([1, 2, 3])
  expect(clock.pendingTimers).toBe(0)
})
