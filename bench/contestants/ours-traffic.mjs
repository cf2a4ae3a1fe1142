// Our gateway with a route that has versions, a canary that is judged, and a mirror. Both arms and the mirror are the one upstream, which answers
// everything: the price of choosing, counting and judging. MIRROR is the share of the requests that are copied, in per cent.
import process from 'node:process'
import { GatewayServer } from '@hazeljs/gateway'
import { SERVICE, backend } from './backend.mjs'
import { port, ready } from './environment.mjs'

const gateway = GatewayServer.fromConfig(
  {
    metrics: { enabled: false },
    routes: [
      {
        path: '/api/**',
        serviceName: SERVICE,
        versionRoute: { strategy: 'header', defaultVersion: 'v1', routes: { v1: {}, v2: {} } },
        canary: {
          stable: { version: 'v1', weight: 90, filter: {} },
          canary: { version: 'v2', weight: 10, filter: {} },
          promotion: { strategy: 'latency', autoPromote: false, autoRollback: false, stepInterval: '1h' },
          stickyBy: 'ip',
        },
        trafficPolicy: { mirror: { service: SERVICE, percentage: Number(process.env.MIRROR ?? 1) } },
      },
    ],
  },
  backend,
)
gateway.startCanaries()
await gateway.listen({ port, host: '127.0.0.1' })
ready()
