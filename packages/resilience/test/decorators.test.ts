import type { ConfigError } from '@hazeljs/core'
import { RateLimitError } from '@hazeljs/resilience'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { policiesOf } from '../src/index.js'
import { type CompiledClasses, compileClasses, standards } from './compiled-classes.js'
import type * as article from './decorated/article.js'
import type * as members from './decorated/members.js'
import type * as misusesFile from './decorated/misuses.js'

describe.each(standards)('%s decorators', (standard) => {
  let compiled: CompiledClasses

  beforeAll(() => {
    compiled = compileClasses(standard)
  }, 120_000)

  afterAll(() => {
    compiled.dispose()
  })

  it('compile, and are refused where they do not belong', () => {
    expect(compiled.complaints).toEqual([])
  })

  it('guard the method of the article in the order they are written', async () => {
    const { PaymentService } = (await compiled.load('article')) as typeof article
    const service = new PaymentService()
    await expect(service.processPayment(42)).resolves.toBe('charged 42')

    const handle = policiesOf(PaymentService, 'processPayment')
    expect(handle.policies.map((policy) => policy.constructor.name)).toEqual([
      'FallbackPolicy',
      'CircuitBreaker',
      'RetryPolicy',
      'Timeout',
      'Bulkhead',
    ])
    handle.circuitBreaker?.isolate()
    await expect(service.processPayment(42)).resolves.toBe('queued 42')
  })

  describe('on members of every kind', () => {
    let Service: typeof members.MembersOfSubclass
    let named: typeof members.named
    let sharedBreaker: typeof members.sharedBreaker

    beforeAll(async () => {
      const exports = (await compiled.load('members')) as typeof members
      Service = exports.MembersOfSubclass
      named = exports.named
      sharedBreaker = exports.sharedBreaker
    })

    it('keep this, the arguments, the name and the length', async () => {
      const service = new Service()
      await expect(service.greet('you')).resolves.toBe('hello you!')
      expect(service.greet).toHaveLength(1)
      expect(service.greet.name).toBe('greet')
      expect(Object.keys(service)).toEqual(['greeting'])
      await expect(service.promising('value')).resolves.toBe('value')
    })

    it('reach private, protected, static and symbol-named methods', async () => {
      const service = new Service()
      await expect(service.callHidden(1)).resolves.toBe(1)
      policiesOf(service, 'hidden').circuitBreaker?.isolate()
      await expect(service.callHidden(1)).resolves.toBe(-1)
      await expect(service.callInherited(false)).resolves.toBe('inherited')
      await expect(service.callInherited(true)).resolves.toBe('fallback of inherited')
      await expect(Service.fixed(false)).resolves.toBe('fixed MembersOfSubclass')
      await expect(Service.fixed(true)).resolves.toBe('fallback of static MembersOfSubclass')
      expect(policiesOf(Service, 'fixed').retry).toBeDefined()
      await expect(service[named]()).resolves.toBe('by symbol')
      await expect(service[named]()).resolves.toBe(RateLimitError.name)
      expect(policiesOf(service, named).rateLimiter?.tryAcquire()).toBe(false)
    })

    it('take policies as they are', async () => {
      const service = new Service()
      await expect(service.guarded()).resolves.toBe('guarded')
      expect(policiesOf(Service, 'guarded').circuitBreaker).toBe(sharedBreaker)
      sharedBreaker.isolate()
      await expect(service.guarded()).resolves.toBe('fallback of a subclass')
    })

    it('put the error after all parameters', async () => {
      await expect(new Service().optional('one')).resolves.toBe('one, undefined, one undefined')
      await expect(new Service().optional('one', 2)).resolves.toBe('one, 2, one 2')
    })
  })

  describe('that are misused', () => {
    const owner = standard === 'legacy' ? 'Service.' : ''
    const cases: readonly (readonly [keyof typeof misusesFile.misuses, string])[] = [
      ['field', `@WithRetry of ${owner}pay: decorates methods, not a field: make it a method, async name() { … }`],
      ['getter', `@WithTimeout of ${owner}pay: decorates methods, not a getter, setter, accessor or parameter: make it a method`],
      ['class', '@WithRetry of Service: decorates methods, not a class: decorate the methods that need it'],
      ['fallbackField', `@Fallback of ${owner}pay: decorates methods, not a field`],
      ['options', `@WithRetry of ${owner}pay has 4 problems:`],
      ['timeout', `@WithTimeout of ${owner}pay: expected milliseconds or a string such as`],
      ['policy', `@WithPolicy of ${owner}pay: expected a policy, got a function`],
      ['nothing', `@WithBulkhead of ${owner}pay has 2 problems:`],
      ['typo', "@Fallback of Service.payFallback: there is no method 'procesPayment'; did you mean processPayment?"],
      ['staticTypo', "@Fallback of Service.payFallback: there is no method 'pay'; there are none"],
      ['itself', `@Fallback of ${owner}pay: a method is no fallback for itself; name the one it answers for`],
      ['twoFallbacks', `@Fallback of ${owner}two: pay has a fallback in this class; keep one`],
    ]

    it.each(cases)('say what to do: %s', async (name, message) => {
      const { misuses } = (await compiled.load('misuses')) as typeof misusesFile
      const thrown = (() => {
        try {
          return misuses[name]()
        } catch (error) {
          return error as ConfigError
        }
      })()
      expect(thrown).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) as string })
    })
  })
})
