import { FakeClock } from '@hazeljs/core/testing'
import { expect, it } from 'vitest'
import { CircuitBreaker } from './circuit-breaker.js'

const fail = () => Promise.reject(new Error('down'))
const succeed = () => Promise.resolve('fine')

function observed(clock = new FakeClock()) {
  const changes: string[] = []
  const options = { failureThreshold: 1, resetTimeout: 1_000, onStateChange: (from: string, to: string) => changes.push(`${from} ${to}`) }
  return { clock, changes, breaker: new CircuitBreaker(options, clock) }
}

it('tells its state', async () => {
  const { clock, breaker } = observed()
  const told = () => [breaker.isClosed(), breaker.isOpen(), breaker.isHalfOpen()]
  expect(told()).toEqual([true, false, false])
  expect(breaker.getMetrics()).toMatchObject({ totalCalls: 0, failureRate: 0, slowCallRate: 0 })
  await breaker.execute(fail).catch(() => undefined)
  expect(told()).toEqual([false, true, false])
  clock.jump(1_000)
  void breaker.execute(() => new Promise(() => undefined))
  expect(told()).toEqual([false, false, true])
  breaker.disable()
  expect(told()).toEqual([false, false, false])
})

it('isolates until it is closed, however much time passes', async () => {
  const { clock, changes, breaker } = observed()
  breaker.isolate()
  breaker.isolate()
  clock.jump(1_000_000)
  await expect(breaker.execute(succeed)).rejects.toMatchObject({ state: 'FORCED_OPEN', retryAfterMs: undefined })
  expect(breaker.isOpen()).toBe(true)
  expect(breaker.getTimeUntilNextAttempt()).toBe(Infinity)
  breaker.close()
  expect(await breaker.execute(succeed)).toBe('fine')
  expect(changes).toEqual(['CLOSED FORCED_OPEN', 'FORCED_OPEN CLOSED'])
})

it('counts nothing while disabled', async () => {
  const { changes, breaker } = observed()
  breaker.disable()
  for (let call = 0; call < 3; call++) await expect(breaker.execute(fail)).rejects.toThrow('down')
  await breaker.execute(succeed)
  expect(breaker.getMetrics()).toMatchObject({ state: 'DISABLED', totalCalls: 0, rejectedCalls: 0 })
  expect(changes).toEqual(['CLOSED DISABLED'])
})

it('counts what it would have rejected while it only observes, and announces no states it does not enforce', async () => {
  const { clock, changes, breaker } = observed()
  breaker.observeOnly()
  await expect(breaker.execute(fail)).rejects.toThrow('down') // would open
  for (let call = 0; call < 4; call++) await breaker.execute(succeed) // would be rejected
  clock.jump(1_000)
  await expect(breaker.execute(fail)).rejects.toThrow('down') // would be a probe, and open again
  await breaker.execute(succeed) // would be rejected
  expect(breaker.getMetrics()).toMatchObject({ state: 'METRICS_ONLY', wouldHaveRejected: 5, rejectedCalls: 0 })
  expect(breaker.getTimeUntilNextAttempt()).toBe(0)
  expect(changes).toEqual(['CLOSED METRICS_ONLY'])
})

it('tells nothing of a circuit that was closed already', () => {
  const { changes, breaker } = observed()
  breaker.close()
  breaker.reset()
  expect(changes).toEqual([])
})

it('closes an open circuit at once', async () => {
  const { changes, breaker } = observed()
  await breaker.execute(fail).catch(() => undefined)
  breaker.close()
  expect(await breaker.execute(succeed)).toBe('fine')
  expect(changes).toEqual(['CLOSED OPEN', 'OPEN CLOSED'])
})

it('forgets its counters at a reset, but not when it is closed', async () => {
  const { breaker } = observed()
  await breaker.execute(fail).catch(() => undefined)
  await breaker.execute(succeed).catch(() => undefined)
  breaker.close()
  expect(breaker.getMetrics()).toMatchObject({ totalCalls: 0, rejectedCalls: 1 })
  breaker.reset()
  expect(breaker.getMetrics().rejectedCalls).toBe(0)
})

it('lets go of listeners', async () => {
  const { breaker } = observed()
  const seen: string[] = []
  const listener = () => seen.push('again')
  expect(breaker.off('success', listener)).toBe(breaker)
  breaker.on('success', listener).once('success', () => seen.push('once'))
  await breaker.execute(succeed)
  breaker.off('success', listener)
  await breaker.execute(succeed)
  expect(seen).toEqual(['again', 'once'])
})
