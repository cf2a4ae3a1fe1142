import { CircuitBreaker, compose, RateLimiter, RetryPolicy, Timeout } from '@hazeljs/resilience'

const prices = compose(
  new RateLimiter({ strategy: 'token-bucket', max: 100, window: '1m' }),
  new Timeout('10s'), // for all attempts and pauses together
  new RetryPolicy({ maxAttempts: 3, baseDelay: '200ms' }), // three retries after the first call
  new CircuitBreaker({ failureRateThreshold: 50, minimumCalls: 20, resetTimeout: '15s' }),
  new Timeout('2s'), // for each attempt
)

/** A read, which can be repeated without harm: what must happen only once needs an idempotency key before it is retried. */
export async function priceOf(url: string, caller?: AbortSignal): Promise<unknown> {
  return prices.execute(
    async ({ signal, attempt }) => {
      const response = await fetch(url, { headers: { 'x-attempt': String(attempt) }, signal })
      if (!response.ok) throw new Error(`The price service answered ${response.status}`)
      return response.json()
    },
    caller && { signal: caller },
  )
}
