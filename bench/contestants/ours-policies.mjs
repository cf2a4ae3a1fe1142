// Our gateway with every policy on, each with limits that the load stays below: the price of the policies, not of their verdicts.
import { GatewayServer } from '@hazeljs/gateway'
import { SERVICE, backend } from './backend.mjs'
import { port, ready } from './environment.mjs'

const gateway = GatewayServer.fromConfig(
  {
    metrics: { enabled: true },
    middleware: { requestId: true, cors: true },
    routes: [
      {
        path: '/api/**',
        serviceName: SERVICE,
        versionRoute: { strategy: 'header', defaultVersion: 'v1', routes: { v1: { weight: 90 }, v2: { weight: 10 } } },
        trafficPolicy: {
          timeout: '30s',
          attemptTimeout: '10s',
          retry: { maxAttempts: 2, backoff: 'exponential', baseDelay: 50, maxDelay: 1_000, jitter: true },
          circuitBreaker: { failureThreshold: 50, resetTimeout: '30s' },
          rateLimit: { strategy: 'token-bucket', max: 1_000_000_000, window: '1s' },
          bulkhead: { maxConcurrent: 10_000, maxQueue: 1_000 },
        },
      },
    ],
  },
  backend,
)
await gateway.listen({ port, host: '127.0.0.1' })
ready()
