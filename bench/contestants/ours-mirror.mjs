// Our gateway with one route, all of it mirrored to MIRROR_PORT; without that, the same route without a mirror. DIFF=1 compares the answers.
import process from 'node:process'
import { ServiceRegistry } from '@hazeljs/discovery'
import { GatewayServer } from '@hazeljs/gateway'
import { SERVICE, backend } from './backend.mjs'
import { port, ready } from './environment.mjs'

const { MIRROR_PORT, DIFF } = process.env
const mirror = { service: 'shadow', methods: ['GET', 'POST'], diff: DIFF === '1' }
if (MIRROR_PORT !== undefined)
  await new ServiceRegistry({ name: 'shadow', host: '127.0.0.1', port: Number(MIRROR_PORT) }, backend).register()

const gateway = GatewayServer.fromConfig(
  {
    metrics: { enabled: false },
    routes: [{ path: '/api/**', serviceName: SERVICE, trafficPolicy: MIRROR_PORT === undefined ? {} : { mirror } }],
  },
  backend,
)
await gateway.listen({ port, host: '127.0.0.1' })
ready()
