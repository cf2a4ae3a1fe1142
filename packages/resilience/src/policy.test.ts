import { CancelSource } from '@hazeljs/core'
import { expect, it, vi } from 'vitest'
import { CallContext, rootContext, toContext } from './policy.js'
import { RetryBudget } from './retry/retry-budget.js'

it('makes a signal only when it is read', () => {
  const source = new CancelSource()
  const made = vi.spyOn(source, 'signal', 'get')
  const context = new CallContext(source, 2).under(source)
  expect([context.attempt, context.aborted]).toEqual([2, false])
  expect(made).not.toHaveBeenCalled()
  expect(context.signal.aborted).toBe(false)
  expect(made).toHaveBeenCalledOnce()
})

it('takes a context as it is, options by their signal, and nothing for nobody', () => {
  const context = rootContext()
  expect(toContext(context)).toBe(context)
  const { signal } = new AbortController()
  expect(toContext({ signal }).signal).toBe(signal)
  expect([toContext({}).aborted, toContext(undefined).aborted, toContext(undefined).attempt]).toEqual([false, false, 1])
})

it('keeps the claim of the attempt it derives from', () => {
  class Claiming extends CallContext {
    override claimRetry(failure: unknown): boolean {
      return failure === 'curable'
    }
  }
  const derived = new Claiming(new CancelSource(), 3).under(new CancelSource()).under(new CancelSource())
  expect([derived.attempt, derived.claimRetry('curable'), derived.claimRetry('fatal')]).toEqual([3, true, false])
  expect(rootContext().under(new CancelSource()).claimRetry('curable')).toBe(false)
})

it('asks outward whether a budget has counted the call', () => {
  const [counted, other] = [new RetryBudget(), new RetryBudget()]
  class Counting extends CallContext {
    override isFirstFor(budget: RetryBudget): boolean {
      return budget !== counted
    }
  }
  const derived = new Counting(new CancelSource()).under(new CancelSource()).under(new CancelSource())
  expect([derived.isFirstFor(counted), derived.isFirstFor(other), rootContext().isFirstFor(counted)]).toEqual([false, true, true])
})
