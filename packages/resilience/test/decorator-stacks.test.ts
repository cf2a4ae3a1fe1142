import { FakeClock } from '@hazeljs/core/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { BulkheadError, CircuitBreakerError, MetricsCollector, policiesOf, RateLimitError } from '../src/index.js'
import { type CompiledClasses, compileClasses, standards } from './compiled-classes.js'
import type * as stacks from './decorated/stacks.js'

/** Work that resolves or rejects when the test says so. */
function pending(): { until: Promise<string>; finish: () => void } {
  let finish = () => {}
  const until = new Promise<string>((resolve) => (finish = () => resolve('finished')))
  return { until, finish: () => finish() }
}

describe.each(standards)('%s decorators', (standard) => {
  let compiled: CompiledClasses
  let classes: typeof stacks
  let clock: FakeClock

  beforeAll(async () => {
    compiled = compileClasses(standard)
    classes = (await compiled.load('stacks')) as typeof stacks
  }, 120_000)

  beforeEach(() => {
    clock = new FakeClock()
  })

  afterAll(() => {
    compiled.dispose()
  })

  describe('in a stack', () => {
    it('nest as they are written: one outcome for the breaker, a time and a place for each attempt', async () => {
      const work = vi.fn<stacks.Work>(() => Promise.reject(new Error('down')))
      const PaymentService = classes.payments(clock, work)
      const { circuitBreaker, bulkhead } = policiesOf(PaymentService, 'pay')

      const first = expect(new PaymentService().pay(1)).rejects.toMatchObject({ code: 'RETRY_EXHAUSTED', attempts: 3 })
      await clock.advance(1_000)
      await first
      expect(work.mock.calls).toEqual([
        [1, 100],
        [1, 100],
        [1, 100],
      ])
      expect(circuitBreaker?.getFailureCount()).toBe(1)
      expect(bulkhead?.getActiveCalls()).toBe(0)

      const second = expect(new PaymentService().pay(2)).rejects.toThrow()
      await clock.advance(1_000)
      await second
      await expect(new PaymentService().pay(3)).rejects.toThrow("The circuit 'PaymentService.pay' is OPEN")
      expect(work).toHaveBeenCalledTimes(6)
    })

    it('have a handle to describe and to reset them', async () => {
      const metrics = new MetricsCollector(1_000, clock)
      const PaymentService = classes.payments(clock, () => Promise.resolve('paid'), metrics)
      const handle = policiesOf(new PaymentService(), 'pay')
      expect(handle.metrics).toBe(metrics)
      expect(handle.describe()).toMatchObject({
        summary: 'CircuitBreaker → RetryPolicy → Timeout → Bulkhead',
        policies: [{}, { attempts: 3 }, { timeoutMs: 100 }, {}],
      })
      await new PaymentService().pay(1)
      expect(metrics.getSnapshot().successCalls).toBe(1)
      handle.circuitBreaker?.isolate()
      handle.reset()
      expect(metrics.getSnapshot().totalCalls).toBe(0)
      await expect(new PaymentService().pay(1)).resolves.toBe('paid')
    })

    it('never share between classes, whatever they are called', () => {
      const [one, other] = [classes.sameName(), classes.sameName()]
      expect(policiesOf(one, 'pay').circuitBreaker).not.toBe(policiesOf(other, 'pay').circuitBreaker)
      expect(policiesOf(one, 'pay').circuitBreaker).toBe(policiesOf(new one(), 'pay').circuitBreaker)
    })

    it('stay around a decorator of somebody else, and fall back once', async () => {
      const counter = { calls: 0 }
      const work = vi.fn<stacks.Work>(() => Promise.reject(new Error('down')))
      const Foreign = classes.foreign(counter, work)
      await expect(new Foreign().pay()).resolves.toBe('fallback')
      expect(counter.calls).toBe(3)
      expect(policiesOf(Foreign, 'pay')).toMatchObject({ retry: expect.anything() as unknown, bulkhead: expect.anything() as unknown })
    })
  })

  describe('share their policies', () => {
    it('among a hundred calls of many instances', async () => {
      const Scoped = classes.scoped(clock)
      const { until, finish } = pending()
      const calls = Array.from({ length: 100 }, () => new Scoped().crowded(until))
      expect(policiesOf(Scoped, 'crowded').bulkhead?.getActiveCalls()).toBe(100)
      await expect(new Scoped().crowded(until)).rejects.toBeInstanceOf(BulkheadError)
      finish()
      expect(await Promise.all(calls)).toHaveLength(100)
    })

    it('within one instance', async () => {
      const Scoped = classes.scoped(clock)
      const [one, other] = [new Scoped(), new Scoped()]
      await expect(one.perInstance(true)).rejects.toThrow('instance')
      await expect(one.perInstance(false)).rejects.toBeInstanceOf(CircuitBreakerError)
      await expect(other.perInstance(false)).resolves.toBe(1)
      expect(policiesOf(one, 'perInstance').circuitBreaker?.isOpen()).toBe(true)
      expect(policiesOf(one, 'perInstance').retry).toBe(policiesOf(other, 'perInstance').retry)
      expect(() => policiesOf(Scoped, 'perInstance')).toThrow('Scoped.perInstance: has policies for each instance; give one')
    })

    it('within one key, of which the least recently used is forgotten', async () => {
      const Scoped = classes.scoped(clock)
      const service = new Scoped()
      await expect(service.perKey('a', true)).rejects.toThrow('a')
      await expect(service.perKey('a', false)).rejects.toBeInstanceOf(CircuitBreakerError)
      await expect(service.perKey('b', false)).resolves.toBe('b')
      await expect(service.perKey('a', false)).rejects.toBeInstanceOf(CircuitBreakerError)
      expect(policiesOf(service, 'perKey', 'a').circuitBreaker?.isOpen()).toBe(true)
      expect(() => policiesOf(service, 'perKey')).toThrow('Scoped.perKey: has policies for each key; give one')
      await service.perKey('b', false)
      await service.perKey('c', false)
      await expect(service.perKey('a', false)).resolves.toBe('a')
    })

    it('within one key of one instance', async () => {
      const Scoped = classes.scoped(clock)
      const service = new Scoped()
      const { until, finish } = pending()
      const calls = [service.perBoth('a', until), service.perBoth('b', until), new Scoped().perBoth('a', until)]
      await expect(service.perBoth('a', until)).rejects.toBeInstanceOf(BulkheadError)
      finish()
      expect(await Promise.all(calls)).toHaveLength(3)
    })

    it('where one rate limiter counts for each key, also in the attempts of a retry', async () => {
      const Scoped = classes.scoped(clock)
      const service = new Scoped()
      const failed = expect(service.limited('a', true)).rejects.toThrow('limited')
      await clock.advance(10)
      await failed
      await expect(service.limited('b')).resolves.toBe('b')
      const { rateLimiter } = policiesOf(Scoped, 'limited')
      expect(['a', 'b', undefined].map((key) => rateLimiter?.peek({ key }).remaining)).toEqual([0, 1, 2])
    })

    it('where the key function throws', async () => {
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
      const service = new (classes.scoped(clock))()
      await expect(service.broken()).resolves.toBe('broken')
      await expect(service.broken()).rejects.toBeInstanceOf(RateLimitError)
      expect(warned).toHaveBeenCalledWith('key threw: no key', expect.anything())
      warned.mockRestore()
    })
  })

  describe('in a family of classes', () => {
    const down = new Error('down')

    it('fall back by name, so that a subclass may override that method alone', async () => {
      const { Base, OtherFallback } = classes.families(() => Promise.reject(down))
      await expect(new Base().pay(5)).resolves.toBe('fallback of 5: down')
      await expect(new OtherFallback().pay(5)).resolves.toBe('other fallback of 5')
      expect(policiesOf(OtherFallback, 'pay').circuitBreaker).toBe(policiesOf(Base, 'pay').circuitBreaker)
    })

    it('leave an override plain that has none', async () => {
      const { Plain } = classes.families(() => Promise.reject(down))
      await expect(new Plain().pay(5)).rejects.toBe(down)
      expect(() => policiesOf(Plain, 'pay')).toThrow('Plain.pay: has no policies; known are refund')
    })

    it('guard an override that has some with a stack of its own, in which the fallback stands', async () => {
      const { Base, Decorated } = classes.families(() => Promise.reject(down))
      await expect(new Decorated().pay(5)).resolves.toBe('fallback of 5: down')
      expect(policiesOf(Decorated, 'pay').circuitBreaker).not.toBe(policiesOf(Base, 'pay').circuitBreaker)
      await expect(new Decorated().refund(5)).resolves.toBe('refunded 5 later')
      await expect(new Base().refund(5)).rejects.toBe(down)
    })

    it('fall back without policies, in the class that says so', async () => {
      const { Base, Decorated } = classes.families(() => Promise.reject(down))
      const service = new Decorated()
      await expect(service.plain(5)).rejects.toBe(down)
      expect(policiesOf(service, 'plain').describe().summary).toBe('FallbackPolicy')
      await expect(new Base().plain(5)).rejects.toBe(down)
      expect(() => policiesOf(Base, 'plain')).toThrow('has no policies')
    })

    it('do not fall back when they are called off, or without a this', async () => {
      const called = vi.fn(() => Promise.reject(new DOMException('gone', 'AbortError')))
      const { Base } = classes.families(called)
      await expect(new Base().pay(5)).rejects.toThrow('gone')
      const { pay } = classes.families(() => Promise.reject(down)).Base.prototype
      await expect(pay.call(undefined as never, 5)).rejects.toBe(down)
    })
  })
})
