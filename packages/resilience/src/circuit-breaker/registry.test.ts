import { ConfigError } from '@hazeljs/core'
import { expect, it } from 'vitest'
import { CircuitBreaker } from './circuit-breaker.js'
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
  expect(() => breakers.register('own', new CircuitBreaker())).toThrow(ConfigError)
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
