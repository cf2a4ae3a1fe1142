import { ConfigError } from '@hazeljs/core'
import { expect, it } from 'vitest'
import { MetricsCollectors, MetricsRegistry } from './metrics-registry.js'

it('keeps collectors by name', () => {
  const collectors = new MetricsCollectors()
  const payment = collectors.getOrCreate('payment-service')
  expect(collectors.getOrCreate('payment-service', '1m')).toBe(payment)
  expect(collectors.get('payment-service')).toBe(payment)
  expect(collectors.get('unknown')).toBeUndefined()
  payment.recordSuccess(45)
  expect(collectors.getSnapshot('payment-service')).toMatchObject({ totalCalls: 1, p50: 45 })
  expect(collectors.getSnapshot('unknown')).toBeUndefined()
  collectors.getOrCreate('user-service', 30_000)
  expect([...collectors.getAll().keys()]).toEqual(['payment-service', 'user-service'])
  expect(collectors.getAllSnapshots()).toMatchObject({ 'payment-service': { totalCalls: 1 }, 'user-service': { totalCalls: 0 } })
  expect([collectors.remove('user-service'), collectors.remove('user-service')]).toEqual([true, false])
  collectors.clear()
  expect(collectors.getAll().size).toBe(0)
})

it('refuses another window for a name', () => {
  const collectors = new MetricsCollectors()
  collectors.getOrCreate('a', '1m')
  expect(() => collectors.getOrCreate('a', '2m')).toThrow(ConfigError)
  expect(() => collectors.getOrCreate('b', 'soon')).toThrow(ConfigError)
  expect(collectors.get('b')).toBeUndefined()
})

it('has a default instance', () => {
  expect(MetricsRegistry).toBeInstanceOf(MetricsCollectors)
})
