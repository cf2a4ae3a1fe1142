import { RetryBudget } from '@hazeljs/resilience'
import { describe, expect, it } from 'vitest'
import {
  defaultConnectTimeoutMs,
  defaultIdleTimeoutMs,
  defaultMaxResponseBytes,
  defaultRetries,
  defaultRetryDelayMs,
  defaultTimeoutMs,
  resolveServiceClientOptions,
  serviceClientProblems,
} from './options.js'

describe('the options of a ServiceClient', () => {
  it('have defaults', () => {
    expect(resolveServiceClientOptions({ serviceName: 'users' })).toMatchObject({
      timeoutMs: 10_000,
      attemptTimeoutMs: undefined,
      retry: { maxAttempts: 3, baseDelay: 100 },
      hedge: undefined,
      circuitBreaker: undefined,
      throwOnError: false,
      maxResponseBytes: 10_485_760,
      idleTimeoutMs: 300_000,
      connectTimeoutMs: 5_000,
    })
    expect([defaultTimeoutMs, defaultRetries, defaultRetryDelayMs, defaultMaxResponseBytes]).toEqual([10_000, 3, 100, 10_485_760])
    expect([defaultIdleTimeoutMs, defaultConnectTimeoutMs]).toEqual([300_000, 5_000])
  })

  it('that are undefined are as good as left out, and true takes the defaults of a policy', () => {
    const given = { serviceName: 'users', timeout: undefined, hedge: undefined, tls: undefined, retry: undefined }
    expect(resolveServiceClientOptions(given as never)).toEqual(resolveServiceClientOptions({ serviceName: 'users' }))
    expect(resolveServiceClientOptions({ serviceName: 'users', hedge: true, circuitBreaker: true })).toMatchObject({
      hedge: {},
      circuitBreaker: {},
    })
  })

  it.each([
    [{ retries: 2.5 }, 'retries'],
    [{ retryDelay: '3s', retry: { maxDelay: '1s' } }, 'retry.maxDelay'],
    [{ budget: {} }, 'budget'],
    [{ filter: 'v1' }, 'filter'],
    [{ hedge: 'yes' }, 'hedge'],
    [{ circuitBreaker: { name: 1 } }, 'circuitBreaker.name'],
    [{ headers: { connection: 'close' } }, 'headers.connection'],
    [{ maxResponseBytes: -1 }, 'maxResponseBytes'],
    [{ tls: 'cert' }, 'tls'],
    [{ attemptTimeout: 10_000 }, 'attemptTimeout'],
  ])('%o are refused', (wrong, path) => {
    expect(serviceClientProblems({ serviceName: 'users', ...wrong } as never).map((problem) => problem.path)).toContain(path)
    expect(serviceClientProblems({ serviceName: 'users', budget: new RetryBudget() })).toEqual([])
  })
})
