// The article's snippet, word for word, stands between the rules; around it stands what the article leaves out.
import { MemoryRegistryBackend } from '@hazeljs/discovery'
import { GatewayServer } from '@hazeljs/gateway'

const backend = new MemoryRegistryBackend()
// ----------------------------------------------------------------------------------------------------
const gateway = GatewayServer.fromConfig({
  discovery: { cacheEnabled: true, cacheTTL: 15_000 },
  resilience: {
    defaultCircuitBreaker: { failureThreshold: 5, resetTimeout: 10_000 },
    defaultTimeout: 10_000,
  },
  routes: [
    {
      path: '/api/users/**',
      serviceName: 'user-service',
      versionRoute: {
        strategy: 'header',
        header: 'X-API-Version',
        defaultVersion: 'v1',
        routes: {
          v1: { weight: 80, filter: { tags: ['v1'] } },
          v2: { weight: 20, filter: { tags: ['v2'] } },
        },
      },
    },
    {
      path: '/api/payments/**',
      serviceName: 'payment-service',
      circuitBreaker: { failureThreshold: 3, resetTimeout: 15_000 },
      rateLimit: { strategy: 'token-bucket', max: 100, window: 60_000 },
    },
  ],
}, backend);
// ----------------------------------------------------------------------------------------------------

export { backend, gateway }
