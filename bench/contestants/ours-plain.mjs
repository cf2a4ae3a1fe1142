// Our gateway with one route and nothing else: no policy, no middleware, no metrics.
import { GatewayServer } from '@hazeljs/gateway'
import { SERVICE, backend } from './backend.mjs'
import { port, ready } from './environment.mjs'

const gateway = GatewayServer.fromConfig({ metrics: { enabled: false }, routes: [{ path: '/api/**', serviceName: SERVICE }] }, backend)
await gateway.listen({ port, host: '127.0.0.1' })
ready()
