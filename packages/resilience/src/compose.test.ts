import { ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.js'
import { compose } from './compose.js'
import { FallbackPolicy } from './fallback/fallback-policy.js'
import type { Pipeline } from './pipeline/pipeline.js'
import { type AlternativeOf, type Call, type CallContext, type CallOptions, type Policy, rootContext } from './policy.js'
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

/** A policy of the user's that may resolve with something else. */
function orElse<A>(alternative: A): Policy<A> {
  return {
    execute: async (call, context) => {
      try {
        return await call(context as CallContext)
      } catch {
        return alternative
      }
    },
  }
}

describe('execute', () => {
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

  it('is that of the policy where there is one, and only calls where there is none', async () => {
    await expect(compose(new Timeout(100)).execute(() => Promise.reject(new Error('down')))).rejects.toThrow('down')
    expect(await compose().execute((context) => context.attempt)).toBe(1)
    expect(await compose().execute(({ options }) => options.key, { key: 'mine' })).toBe('mine')
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

  it('hands a context to policies that do not make one', async () => {
    expect(await compose(new Named('a', [])).execute(({ attempt }) => attempt)).toBe(1)
    expect(await compose(new Named('a', [])).execute(({ options }) => options.key, { key: 'mine' })).toBe('mine')
  })

  it('keeps calls apart that run at the same time', async () => {
    const policy = compose(new RetryPolicy({ baseDelay: 0 }), new CircuitBreaker(), new Timeout('1s'))
    const results = await Promise.all(Array.from({ length: 20 }, (_, number) => policy.execute(() => Promise.resolve(number))))
    expect(results).toEqual(Array.from({ length: 20 }, (_, number) => number))
  })
})

describe('its parts', () => {
  it('are the policies, those of a pipeline inside in its place', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => new Named(name, [])) as [Named, Named, Named, Named]
    const pipeline = compose(a, compose(b, compose(c)), compose(), d)
    expect(pipeline.policies).toEqual([a, b, c, d])
    expect(Object.isFrozen(pipeline.policies)).toBe(true)
  })

  it.each([[undefined], [null], [5], [[new Timeout(5)]], [{ execute: 5 }], [() => undefined]])(
    'are policies, and %s is none',
    (given: unknown) => {
      const policies = [new Timeout(5), given as Policy, {} as Policy]
      expect(() => compose(...policies)).toThrow(ConfigError)
      expect(() => compose(...policies)).toThrow(
        /policies\[1\]: expected a policy, got [^]*policies\[2\]: expected a policy, got an object/,
      )
    },
  )
})

describe('warnings', () => {
  it('are kept, and each is one of the process', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const pipeline = compose(new Timeout('1s'), new Timeout('2s'))
    expect(pipeline.warnings).toEqual([expect.objectContaining({ code: 'TIMEOUT_NEVER_FIRES', policies: [0, 1] })])
    expect(Object.isFrozen(pipeline.warnings)).toBe(true)
    const [warning] = pipeline.warnings
    expect(emitWarning.mock.calls).toEqual([[warning?.message, { type: 'HazelPipelineWarning', code: 'TIMEOUT_NEVER_FIRES' }]])
    emitWarning.mockRestore()
  })

  it('are none where nothing is wrong', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning')
    expect(compose(new Timeout('2s'), new RetryPolicy(), new Timeout('1s')).warnings).toEqual([])
    expect(emitWarning).not.toHaveBeenCalled()
    emitWarning.mockRestore()
  })
})

describe('types', () => {
  it('add what a policy may resolve with', async () => {
    const policy = compose(orElse('none'), new CircuitBreaker())
    expectTypeOf(policy).toEqualTypeOf<Pipeline<string>>()
    expectTypeOf(policy.execute(() => 5)).toEqualTypeOf<Promise<number | string>>()
    expect(await policy.execute(() => 5)).toBe(5)
    expect(await policy.execute<number>(() => Promise.reject(new Error('down')))).toBe('none')
  })

  it('know what our fallback answers', () => {
    const policy = compose(new FallbackPolicy(() => 'x'), new CircuitBreaker())
    expectTypeOf(policy.execute(() => 5)).toEqualTypeOf<Promise<number | string>>()
  })

  it('are kept by nesting', () => {
    const policy = compose(new Timeout(5), compose(orElse('none'), orElse(true)))
    expectTypeOf<AlternativeOf<typeof policy>>().toEqualTypeOf<string | boolean>()
    expectTypeOf(policy.execute(() => Promise.resolve(5))).toEqualTypeOf<Promise<number | string | boolean>>()
  })

  it('are those of the call where no policy has an alternative', () => {
    const policy: Policy = compose(new CircuitBreaker(), new Timeout(5))
    expectTypeOf(policy.execute(() => 5)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(compose()).toExtend<Policy>()
    expectTypeOf(compose(orElse(5))).not.toExtend<Policy>()
    const several: readonly Policy[] = [policy]
    expectTypeOf(compose(...several)).toEqualTypeOf<Pipeline>()
  })
})
