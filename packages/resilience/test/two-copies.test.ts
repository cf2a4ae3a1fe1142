import { expect, it, vi } from 'vitest'
import * as here from '../src/index.js'

/** As an application gets it that is made of ES modules, beside a library of it that is CommonJS. */
vi.resetModules()
const there = await import('../src/index.js')

const down = new Error('down')
const failing = () => Promise.reject(down)
const quick = { maxAttempts: 2, baseDelay: 0 } as const

it('are two', () => {
  expect(there.RetryPolicy).not.toBe(here.RetryPolicy)
})

it('hand one another what a call may, how much time is left, and its attempt', async () => {
  const call = vi.fn(failing)
  const pipeline = here.compose(new here.Timeout('1h'), new there.RetryPolicy(quick))
  await expect(pipeline.execute(call, { idempotent: false })).rejects.toBe(down)
  expect(call).toHaveBeenCalledOnce()

  const seen: unknown[] = []
  const looking = (context: here.CallContext) => {
    seen.push([context.attempt, context.remainingMs < Infinity, context.claimRetry(down)])
    throw down
  }
  await expect(
    here.compose(new here.Timeout('1h'), new here.RetryPolicy(quick), new there.Timeout('1m')).execute(looking),
  ).rejects.toThrow()
  expect(seen).toEqual([
    [1, true, true],
    [2, true, true],
    [3, true, false],
  ])
})

it('know one another’s rejections: nothing ran, so the circuit counts no failure, and no retry helps', async () => {
  const full = new there.Bulkhead({ maxConcurrent: 1 })
  void full.execute(() => new Promise(() => undefined))
  const breaker = new here.CircuitBreaker({ failureThreshold: 1 })
  const call = vi.fn((context: here.CallContext) => full.execute(() => 'result', context))
  await expect(here.compose(new here.RetryPolicy(quick), breaker).execute(call)).rejects.toMatchObject({ code: 'BULKHEAD_FULL' })
  expect(call).toHaveBeenCalledOnce()
  expect(breaker.isClosed()).toBe(true)
})

it('know one another’s timeouts from an abort of the caller', async () => {
  const breaker = new here.CircuitBreaker({ failureThreshold: 1 })
  const hanging = ({ signal }: here.CallContext) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(down)))
  await expect(here.compose(new there.Timeout(1), breaker).execute(hanging)).rejects.toMatchObject({ code: 'TIMEOUT' })
  await vi.waitFor(() => expect(breaker.isOpen()).toBe(true))
})

it('read one another’s decorators', async () => {
  class Client {
    @there.WithCircuitBreaker({ failureThreshold: 1 })
    @there.WithRetry(quick)
    async list(): Promise<never> {
      throw down
    }

    @there.WithBulkhead({ maxConcurrent: 3, key: (id: string) => id })
    async get(id: string): Promise<string> {
      return id
    }
  }
  await expect(new Client().list()).rejects.toThrow()
  const { circuitBreaker, retry, timeout, reset } = here.policiesOf(Client, 'list')
  expect([circuitBreaker?.isOpen(), retry?.describe().attempts, timeout]).toEqual([true, 3, undefined])
  reset()
  expect(circuitBreaker?.isClosed()).toBe(true)
  expect(here.policiesOf(Client, 'get', 'a').bulkhead?.getMetrics().maxConcurrent).toBe(3)
})
