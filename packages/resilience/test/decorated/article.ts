// The article's snippet as its readers see it; only the variables around it, and the export, are added.
import { Fallback, WithBulkhead, WithCircuitBreaker, WithRetry, WithTimeout } from '@hazeljs/resilience'

const paymentGateway = { charge: async (amount: number) => `charged ${amount}` }
const offlineQueue = { enqueue: async ({ amount }: { amount: number }) => `queued ${amount}` }

class PaymentService {
  @WithCircuitBreaker({ failureThreshold: 3, resetTimeout: 15_000 })
  @WithRetry({ maxAttempts: 2, backoff: 'exponential', baseDelay: 500 })
  @WithTimeout(5_000)
  @WithBulkhead({ maxConcurrent: 5, maxQueue: 10 })
  async processPayment(amount: number): Promise<string> {
    return await paymentGateway.charge(amount)
  }

  @Fallback('processPayment')
  async processPaymentFallback(amount: number): Promise<string> {
    return await offlineQueue.enqueue({ amount })
  }
}

export { PaymentService }
