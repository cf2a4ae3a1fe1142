import { CancelSource } from '@hazeljs/core'
import { expect, it, vi } from 'vitest'
import { CallContext, rootContext, toContext } from './policy.js'

it('makes a signal only when it is read', () => {
  const source = new CancelSource()
  const made = vi.spyOn(source, 'signal', 'get')
  const context = rootContext().forAttempt(2).under(source)
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
  const claim = (failure: unknown) => failure === 'curable'
  const attempt = new CallContext(new CancelSource()).forAttempt(1, claim)
  expect([attempt.claimRetry('curable'), attempt.claimRetry('fatal')]).toEqual([true, false])
  expect(attempt.forAttempt(2).claimRetry('curable')).toBe(true)
})
