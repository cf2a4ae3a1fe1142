// Stacks, scopes and fallbacks, whose time and calls belong to the test.
import type { Clock } from '@hazeljs/core'
import {
  currentDeadline,
  Fallback,
  type MetricsCollector,
  WithBulkhead,
  WithCircuitBreaker,
  WithRateLimit,
  WithRetry,
  WithTimeout,
} from '@hazeljs/resilience'

export type Work = (...args: readonly unknown[]) => Promise<string>

export function payments(clock: Clock, work: Work, metrics?: MetricsCollector) {
  class PaymentService {
    @WithCircuitBreaker({ failureThreshold: 2 }, clock)
    @WithRetry({ maxAttempts: 2, jitter: false, metrics }, clock)
    @WithTimeout({ duration: 100, propagate: true }, clock)
    @WithBulkhead({ maxConcurrent: 2 }, clock)
    async pay(amount: number): Promise<string> {
      return work(amount, currentDeadline()?.remainingMs)
    }
  }
  return PaymentService
}

export function scoped(clock: Clock) {
  class Scoped {
    #value = 0

    @WithCircuitBreaker({ failureThreshold: 1, scope: 'instance' }, clock)
    @WithRetry({ maxAttempts: 0 }, clock)
    async perInstance(fail: boolean): Promise<number> {
      if (fail) throw new Error('instance')
      return ++this.#value
    }

    @WithCircuitBreaker({ failureThreshold: 1, key: (tenant: string) => tenant, maxKeys: 2 }, clock)
    async perKey(tenant: string, fail: boolean): Promise<string> {
      if (fail) throw new Error(tenant)
      return tenant
    }

    @WithBulkhead({ maxConcurrent: 1, scope: 'instance', key: (tenant: string) => tenant }, clock)
    async perBoth(_tenant: string, until: Promise<string>): Promise<string> {
      return until
    }

    @WithRetry({ maxAttempts: 1, baseDelay: 0 }, clock)
    @WithRateLimit({ max: 2, window: '1m', key: (user: string) => user }, clock)
    async limited(user: string, fail = false): Promise<string> {
      if (fail) throw new Error('limited')
      return user
    }

    @WithRateLimit({ max: 1, window: '1m', key: brokenKey }, clock)
    async broken(): Promise<string> {
      return 'broken'
    }

    @WithBulkhead({ maxConcurrent: 100 }, clock)
    async crowded(until: Promise<string>): Promise<string> {
      return until
    }
  }
  return Scoped
}

function brokenKey(): string {
  throw new Error('no key')
}

export function families(work: Work) {
  class Base {
    @Fallback('pay')
    async payFallback(amount: number, error?: Error): Promise<string> {
      return `fallback of ${amount}: ${error?.message}`
    }

    @WithCircuitBreaker()
    async pay(amount: number): Promise<string> {
      return work('base', amount)
    }

    @WithRetry({ maxAttempts: 0 })
    async refund(amount: number): Promise<string> {
      return work('refund', amount)
    }

    async plain(amount: number): Promise<string> {
      return work('plain', amount)
    }
  }

  class OtherFallback extends Base {
    override async payFallback(amount: number): Promise<string> {
      return `other fallback of ${amount}`
    }
  }

  class Plain extends Base {
    override async pay(amount: number): Promise<string> {
      return work('plain override', amount)
    }
  }

  class Decorated extends Base {
    @WithCircuitBreaker()
    override async pay(amount: number): Promise<string> {
      return work('decorated override', amount)
    }

    @Fallback('refund')
    async refundFallback(amount: number): Promise<string> {
      return `refunded ${amount} later`
    }

    @Fallback('plain')
    async plainFallback(_amount: number, error: Error): Promise<string> {
      throw error
    }
  }
  return { Base, OtherFallback, Plain, Decorated }
}

/** A decorator of somebody else's, which replaces the method under both standards. */
export function counted(counter: { calls: number }) {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the two standards want different types
  return (...args: readonly unknown[]): any => {
    const descriptor = args[2] as PropertyDescriptor | undefined
    const method = (descriptor === undefined ? args[0] : descriptor.value) as (...given: unknown[]) => unknown
    const value = function (this: unknown, ...given: unknown[]) {
      counter.calls++
      return method.apply(this, given)
    }
    return descriptor === undefined ? value : { ...descriptor, value }
  }
}

export function foreign(counter: { calls: number }, work: Work) {
  class Foreign {
    @WithRetry({ maxAttempts: 2, baseDelay: 0 })
    @counted(counter)
    @WithBulkhead({ maxConcurrent: 1 })
    async pay(): Promise<string> {
      return work()
    }

    @Fallback('pay')
    payFallback(): string {
      return 'fallback'
    }
  }
  return Foreign
}

export function sameName() {
  class PaymentService {
    @WithCircuitBreaker()
    async pay(): Promise<string> {
      return 'paid'
    }
  }
  return PaymentService
}
