import { MemoryRegistryBackend } from '@hazeljs/discovery'
import { GatewayServer } from '@hazeljs/gateway'
import { once } from 'node:events'
import type { DemoContext } from '../../demo.js'
import { startOrderServices } from '../../services/order-service.js'
import { startPaymentService } from '../../services/payment-service.js'
import { startProductService } from '../../services/product-service.js'
import type { RunningService } from '../../services/service.js'
import { startUserServices } from '../../services/user-service.js'
import { announce } from './announce.js'
import { FullStackGateway } from './full-stack-gateway.js'
import { narrate } from './narrate.js'
import { requestLog } from './request-log.js'

/** Six services and the gateway in front of them, until somebody stops it. */
export async function runFullStack({ stop, port, print }: DemoContext): Promise<void> {
  const backend = new MemoryRegistryBackend()
  const gateway = GatewayServer.fromClass(FullStackGateway, backend, { logger: requestLog(print) })
  gateway.startCanaries()
  narrate(gateway, print)

  const services: RunningService[] = []
  try {
    services.push(...(await startUserServices(backend)))
    services.push(...(await startOrderServices(backend)))
    services.push(await startProductService(backend))
    services.push(await startPaymentService(backend))

    const { url } = await gateway.listen({ port })
    announce(url, services, print)

    if (!stop.aborted) await once(stop, 'abort')
    print('\nStopping: requests under way finish first.')
  } finally {
    await gateway.close({ drainTimeout: '10s' })
    await Promise.all(services.map((service) => service.stop()))
  }
  print('Stopped.')
}
