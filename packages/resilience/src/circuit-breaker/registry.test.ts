import { ConfigError } from '@hazeljs/core'
import { FakeClock, ScriptedRandom } from '@hazeljs/core/testing'
import { expect, it } from 'vitest'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import { CircuitBreaker } from './circuit-breaker.js'
import type { CircuitBreakerOptions } from './options.js'
import { CircuitBreakerRegistry, CircuitBreakers } from './registry.js'

it('gives the same breaker for the same name, named after it', async () => {
  const breakers = new CircuitBreakers()
  const breaker = breakers.getOrCreate('payment-service', { failureThreshold: 3, resetTimeout: 15_000 })
  expect(breakers.getOrCreate('payment-service', { resetTimeout: '15s', failureThreshold: 3 })).toBe(breaker)
  expect(breakers.getOrCreate('payment-service')).toBe(breaker)
  expect(breakers.get('payment-service')).toBe(breaker)
  breaker.isolate()
  await expect(breaker.execute(() => 1)).rejects.toThrow("The circuit 'payment-service' is FORCED_OPEN")
})

it('refuses another config for a name, and says what differs', () => {
  const breakers = new CircuitBreakers()
  breakers.getOrCreate('a', { failureThreshold: 3, slidingWindow: { type: 'count', size: 50 } })
  expect(() => breakers.getOrCreate('a', { failureThreshold: 5, slidingWindow: { type: 'count', size: 60 } })).toThrow(
    expect.objectContaining({
      problems: [
        { path: 'failureThreshold', message: 'is 3 already, got 5' },
        { path: 'slidingWindow', message: 'is {"type":"count","size":50} already, got {"type":"count","size":60}' },
      ],
    }) as ConfigError,
  )
})

it('takes functions that are written the same for the same', () => {
  const breakers = new CircuitBreakers()
  const create = () => breakers.getOrCreate('a', { failurePredicate: (error) => error.message !== 'not found' })
  expect(create()).toBe(create())
  expect(() => breakers.getOrCreate('a', { failurePredicate: () => true })).toThrow(ConfigError)
})

it('refuses a function, a collector or a part of the options where there was none, and the other way round', () => {
  const pathsOf = (known: CircuitBreakerOptions, other: CircuitBreakerOptions) => {
    const breakers = new CircuitBreakers()
    breakers.getOrCreate('a', known)
    try {
      breakers.getOrCreate('a', other)
    } catch (error) {
      expect((error as Error).message).toContain("The circuit breaker 'a'")
      return (error as ConfigError).problems.map(({ path, message }) => `${path} ${message}`)
    }
    return []
  }
  const failurePredicate = () => true
  expect(pathsOf({}, { failurePredicate })).toEqual(['failurePredicate is undefined already, got a function'])
  expect(pathsOf({ failurePredicate }, {})).toEqual(['failurePredicate is a function already, got undefined'])
  expect(pathsOf({ timeout: '1s' }, { timeout: '2s' })).toEqual(['timeout is 1000 already, got 2000'])
  expect(pathsOf({ metrics: new MetricsCollector() }, {})).toEqual(['metrics is an object already, got undefined'])
  expect(pathsOf({}, { resetBackoff: false })).toEqual(['resetBackoff is {"factor":2,"maxMs":60000,"jitter":20} already, got undefined'])
  expect(pathsOf({ resetBackoff: false }, {})).toEqual(['resetBackoff is undefined already, got {"factor":2,"maxMs":60000,"jitter":20}'])
})

it('hands its clock and its chance on', async () => {
  const clock = new FakeClock()
  const breaker = new CircuitBreakers(clock, new ScriptedRandom(0)).getOrCreate('a', { failureThreshold: 1 })
  await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => undefined)
  clock.jump(1_000)
  expect(breaker.getTimeUntilNextAttempt()).toBe(3_000)
})

it('keeps none for a wrong config', () => {
  const breakers = new CircuitBreakers()
  expect(() => breakers.getOrCreate('a', { failureThreshold: -1 })).toThrow(ConfigError)
  expect(breakers.get('a')).toBeUndefined()
})

it('registers, lists, resets and removes', () => {
  const breakers = new CircuitBreakers()
  const breaker = new CircuitBreaker({ failureThreshold: 2 })
  breakers.register('own', breaker)
  breakers.register('own', breaker)
  expect(() => breakers.register('own', new CircuitBreaker())).toThrow("The circuit breaker 'own': is there already")
  const other = breakers.getOrCreate('other')
  expect([...breakers.getAll()]).toEqual([
    ['own', breaker],
    ['other', other],
  ])
  breaker.isolate()
  other.isolate()
  breakers.resetAll()
  expect([breaker.getState(), other.getState()]).toEqual(['CLOSED', 'CLOSED'])
  expect(breakers.remove('own')).toBe(true)
  expect(breakers.remove('own')).toBe(false)
  breakers.clear()
  expect(breakers.getAll().size).toBe(0)
})

it('names a breaker even where the name is an explicit undefined', () => {
  const breakers = new CircuitBreakers()
  expect(breakers.getOrCreate('a', { name: undefined }).options.name).toBe('a')
  expect(breakers.getOrCreate('b', { name: 'own' }).options.name).toBe('own')
})

it('has a default instance', () => {
  expect(CircuitBreakerRegistry).toBeInstanceOf(CircuitBreakers)
})
