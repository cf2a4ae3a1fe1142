import { describe, expect, it, vi } from 'vitest'
import {
  Bulkhead,
  CircuitBreaker,
  CircuitBreakerRegistry,
  MetricsRegistry,
  RateLimiter,
  RetryPolicy,
  withTimeout,
} from '@hazeljs/resilience'

// The snippets of the article that users read first, as written; only the variables around them are added.

const amount = 42
const paymentService = { charge: (cents: number) => Promise.resolve(`charged ${cents}`) }
const externalApi = { fetchData: () => Promise.resolve('data') }
const databaseQuery = () => Promise.resolve('rows')

describe('the article', () => {
  it('protects a call with a circuit breaker', async () => {
    const breaker = new CircuitBreaker({
      failureThreshold: 3,
      successThreshold: 2,
      resetTimeout: 10_000,
      timeout: 30_000,
      slidingWindow: { type: 'time', size: 60_000 },
      failurePredicate: (error) => {
        // Don't count 404s as failures
        return !(error instanceof Error && error.message.includes('not found'))
      },
      onStateChange: (from, to) => {
        console.log(`Circuit: ${from} → ${to}`)
      },
    })
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const result = await breaker.execute(async () => {
      return await paymentService.charge(amount)
    })
    expect(result).toBe('charged 42')

    for (let call = 0; call < 3; call++) await breaker.execute(() => Promise.reject(new Error('user not found'))).catch(() => undefined)
    expect(breaker.isClosed()).toBe(true)
    for (let call = 0; call < 3; call++) await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => undefined)
    expect(log).toHaveBeenCalledWith('Circuit: CLOSED → OPEN')
    log.mockRestore()
  })

  it('manages all breakers in a global registry', () => {
    const payment = CircuitBreakerRegistry.getOrCreate('payment-service', {
      failureThreshold: 3,
      resetTimeout: 15_000,
    })
    expect(CircuitBreakerRegistry.get('payment-service')).toBe(payment)
    CircuitBreakerRegistry.clear()
  })

  it('retries', async () => {
    const retry = new RetryPolicy({
      maxAttempts: 3,
      backoff: 'exponential', // Also: 'fixed', 'linear'
      baseDelay: 1_000,
      maxDelay: 30_000,
      jitter: true, // Prevents thundering herd
      retryPredicate: (error) => {
        // Only retry transient errors
        return error.message.includes('timeout') || error.message.includes('503')
      },
      onRetry: (error, attempt) => {
        console.log(`Retry ${attempt}: ${error.message}`)
      },
    })
    const result = await retry.execute(async () => {
      return await externalApi.fetchData()
    })
    expect(result).toBe('data')
  })

  it('isolates, limits and times out', async () => {
    // Bulkhead — isolate resource pools
    const bulkhead = new Bulkhead({
      maxConcurrent: 10, // Max 10 concurrent calls
      maxQueue: 20, // Queue up to 20 more
      queueTimeout: 5_000, // 5s queue wait timeout
    })
    // Rate Limiter — token bucket or sliding window
    const limiter = new RateLimiter({
      strategy: 'token-bucket', // Allows bursts
      max: 100, // 100 requests
      window: 60_000, // per minute
    })
    // Timeout — reject slow operations
    const result = await withTimeout(async () => databaseQuery(), 5_000, 'Database query exceeded 5s limit')
    expect(result).toBe('rows')
    expect(await bulkhead.execute(() => limiter.execute(() => paymentService.charge(amount)))).toBe('charged 42')
  })

  it('collects metrics', () => {
    const collector = MetricsRegistry.getOrCreate('payment-service')
    collector.recordSuccess(45) // 45ms latency
    collector.recordFailure(500) // 500ms failed call
    const snapshot = collector.getSnapshot()
    const { totalCalls, successCalls, failureCalls, failureRate, averageResponseTime, p50, p95, p99, min, max } = snapshot
    expect({ totalCalls, successCalls, failureCalls, failureRate, averageResponseTime, min, max }).toEqual({
      totalCalls: 2,
      successCalls: 1,
      failureCalls: 1,
      failureRate: 50,
      averageResponseTime: 272.5,
      min: 45,
      max: 500,
    })
    expect([p50, p95, p99].map((ms) => Math.round(ms / 10))).toEqual([5, 50, 50])
    MetricsRegistry.clear()
  })
})
