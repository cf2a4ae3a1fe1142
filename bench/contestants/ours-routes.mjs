// Our gateway with a thousand routes, of which the load asks for one: what a match among many costs the whole request.
import { GatewayServer } from '@hazeljs/gateway'
import { SERVICE, backend } from './backend.mjs'
import { port, ready } from './environment.mjs'

const others = Array.from({ length: 999 }, (_, i) => ({ path: `/api/v${i % 10}/resource${i}/:id/**`, serviceName: SERVICE }))
const gateway = GatewayServer.fromConfig(
  { metrics: { enabled: false }, routes: [...others, { path: '/api/**', serviceName: SERVICE }] },
  backend,
)
await gateway.listen({ port, host: '127.0.0.1' })
ready()
