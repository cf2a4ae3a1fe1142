import type { RegistryBackend } from '@hazeljs/discovery'
import { serveResource } from './resource.js'
import { type RunningService, type ServiceRequest, startService } from './service.js'

interface Payment {
  readonly id: number
  readonly order: number
  readonly cents: number
}

/**
 * Payments, and an outage at will: `POST /outage` makes every other request fail with 500 until `DELETE /outage`, so that a circuit
 * breaker has something to break. The health check goes on passing, as it does in many a real outage.
 */
export function startPaymentService(backend: RegistryBackend): Promise<RunningService> {
  const payments = new Map<number, Payment>([[1, { id: 1, order: 1, cents: 4_900 }]])
  const serve = serveResource(payments, {
    show: (payment) => payment,
    read: ({ order, cents }) =>
      typeof order === 'number' && typeof cents === 'number' && cents > 0 ? { order, cents } : 'a payment needs an order and cents',
  })

  let outage = false
  const answer = (request: ServiceRequest) => {
    if (request.path === '/outage') {
      outage = request.method === 'POST'
      return { status: 200, body: { outage } }
    }
    return outage ? { status: 500, body: { error: 'The payment provider is down' } } : serve(request)
  }
  return startService({ name: 'payment-service', version: '1.0.0', tags: [], answer }, backend)
}
