import { describe, expectTypeOf, it } from 'vitest'
import { compose } from '../compose.js'
import { TimeoutError } from '../errors.js'
import type { AlternativeOf, Policy } from '../policy.js'
import { Timeout } from '../timeout/timeout.js'
import { FallbackPolicy } from './fallback-policy.js'

const isTimeout = (error: Error): error is TimeoutError => error instanceof TimeoutError

describe('a fallback', () => {
  it('says what it may resolve with', () => {
    const policy = new FallbackPolicy(() => 'x' as const)
    expectTypeOf(policy).toExtend<Policy<'x'>>()
    expectTypeOf<AlternativeOf<typeof policy>>().toEqualTypeOf<'x'>()
    expectTypeOf<AlternativeOf<FallbackPolicy<'x'> | Timeout>>().toEqualTypeOf<'x'>()
    expectTypeOf(policy.execute(() => 1)).resolves.toEqualTypeOf<number | 'x'>()
    expectTypeOf(new FallbackPolicy(() => Promise.resolve(1))).toExtend<Policy<number>>()
  })

  it('says it through a pipeline, too', () => {
    const pipeline = compose(new FallbackPolicy(() => 'x' as const), new Timeout(5), new FallbackPolicy(() => 2 as const))
    expectTypeOf<AlternativeOf<typeof pipeline>>().toEqualTypeOf<'x' | 2>()
    expectTypeOf(pipeline.execute(() => true)).resolves.toEqualTypeOf<boolean | 'x' | 2>()
    expectTypeOf(compose(new Timeout(5)).execute(() => true)).resolves.toEqualTypeOf<boolean>()
  })

  it('is no policy for those who do not expect its answers', () => {
    // @ts-expect-error it may resolve with 'x'
    const policy: Policy = new FallbackPolicy(() => 'x' as const)
    expectTypeOf(policy.execute(() => 1)).resolves.toEqualTypeOf<number>()
  })

  it('gives its handler the errors of the predicate', () => {
    new FallbackPolicy((error) => expectTypeOf(error).toEqualTypeOf<TimeoutError>(), { fallbackPredicate: isTimeout })
    new FallbackPolicy((error) => expectTypeOf(error).toEqualTypeOf<Error>(), { fallbackPredicate: (error) => error.name === 'x' })
    new FallbackPolicy((error, { options }) => {
      expectTypeOf(error).toEqualTypeOf<Error>()
      expectTypeOf(options.args).toEqualTypeOf<readonly unknown[] | undefined>()
    })
    // @ts-expect-error other errors get there, too
    new FallbackPolicy((error: TimeoutError) => error.timeoutMs)
  })
})
