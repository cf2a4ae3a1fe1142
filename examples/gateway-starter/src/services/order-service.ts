import type { RegistryBackend } from '@hazeljs/discovery'
import { serveResource } from './resource.js'
import { type RunningService, startService } from './service.js'

interface Order {
  readonly id: number
  readonly product: string
  readonly quantity: number
}

/** The stable version and its canary over one set of orders; the canary also tells whether an order is a bulk order. */
export function startOrderServices(backend: RegistryBackend): Promise<RunningService[]> {
  const orders = new Map<number, Order>([
    [1, { id: 1, product: 'Teapot', quantity: 1 }],
    [2, { id: 2, product: 'Cup', quantity: 12 }],
  ])
  const read = ({ product, quantity }: Readonly<Record<string, unknown>>) =>
    typeof product === 'string' && typeof quantity === 'number' && quantity > 0
      ? { product, quantity }
      : 'an order needs a product and a quantity'

  const stable = serveResource(orders, { show: (order) => order, read })
  const canary = serveResource(orders, { show: (order) => ({ ...order, bulk: order.quantity >= 10 }), read })

  return Promise.all([
    startService({ name: 'order-service', version: '1.0.0', tags: ['stable'], answer: stable }, backend),
    startService({ name: 'order-service', version: '2.0.0', tags: ['canary'], answer: canary }, backend),
  ])
}
