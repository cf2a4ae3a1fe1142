import type { RegistryBackend } from '@hazeljs/discovery'
import { serveResource } from './resource.js'
import { type RunningService, startService } from './service.js'

interface Product {
  readonly id: number
  readonly name: string
  readonly cents: number
}

export function startProductService(backend: RegistryBackend): Promise<RunningService> {
  const products = new Map<number, Product>([
    [1, { id: 1, name: 'Teapot', cents: 4_900 }],
    [2, { id: 2, name: 'Cup', cents: 900 }],
  ])
  const answer = serveResource(products, {
    show: (product) => product,
    read: ({ name, cents }) =>
      typeof name === 'string' && typeof cents === 'number' ? { name, cents } : 'a product needs a name and cents',
  })
  return startService({ name: 'product-service', version: '1.0.0', tags: [], answer }, backend)
}
