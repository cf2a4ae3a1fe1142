import { ConfigError } from '@hazeljs/core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { compose } from '../compose.js'
import type { CallContext, Policy } from '../policy.js'
import { RetryPolicy } from '../retry/retry-policy.js'
import { Timeout } from '../timeout/timeout.js'
import { wrap } from './wrap.js'

const orNone: Policy<'none'> = { execute: async (call, context) => call(context as CallContext) }

describe('wrap', () => {
  it('sends the calls of a function through a policy', async () => {
    let calls = 0
    const add = wrap(new RetryPolicy({ baseDelay: 0 }), (a: number, b: number) => {
      if (++calls < 3) throw new Error('down')
      return a + b
    })
    expect(await add(1, 2)).toBe(3)
    expect(calls).toBe(3)
  })

  it('shows the policy the arguments, and the function its this', async () => {
    let args: readonly unknown[] | undefined
    const looking: Policy = {
      execute: async (call, context) => {
        args = (context as CallContext).options.args
        return call(context as CallContext)
      },
    }
    const account = {
      owner: 'Ada',
      greet: wrap(compose(new Timeout('1s'), looking), function (this: { owner: string }, word: string) {
        return Promise.resolve(`${word}, ${this.owner}`)
      }),
    }
    expect(await account.greet('Hello')).toBe('Hello, Ada')
    expect(args).toEqual(['Hello'])
  })

  it('keeps parameters, and adds what the policy may resolve with', () => {
    const plain = wrap(new Timeout(5), async (id: string, force?: boolean) => (force === true ? id.length : 0))
    expectTypeOf(plain).parameters.toEqualTypeOf<[id: string, force?: boolean]>()
    expectTypeOf(plain).returns.toEqualTypeOf<Promise<number>>()
    expectTypeOf(wrap(orNone, () => 5)).returns.toEqualTypeOf<Promise<number | 'none'>>()
  })

  it('takes a function', () => {
    expect(() => wrap(new Timeout(5), 5 as never)).toThrow(ConfigError)
    // @ts-expect-error -- policies are nested by compose
    expect(() => wrap(new Timeout(5), new Timeout(5))).toThrow('wrap: fn: expected a function, got an object')
  })
})
