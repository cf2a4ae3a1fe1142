// The article's snippet, word for word, stands between the rules; around it stands what the article leaves out.
import { MemoryRegistryBackend } from '@hazeljs/discovery'

const backend = new MemoryRegistryBackend()
// ----------------------------------------------------------------------------------------------------
import {
  GatewayServer, Gateway, Route, ServiceRoute,
  VersionRoute, Canary, TrafficPolicy,
  GatewayCircuitBreaker, GatewayRateLimit,
} from '@hazeljs/gateway';
@Gateway({
  discovery: { cacheEnabled: true, cacheTTL: 15_000 },
  resilience: {
    defaultCircuitBreaker: { failureThreshold: 5, resetTimeout: 15_000 },
    defaultRetry: { maxAttempts: 2, backoff: 'exponential', baseDelay: 500 },
    defaultTimeout: 10_000,
  },
  metrics: { enabled: true },
  middleware: { cors: true, logging: true, requestId: true },
})
class ApiGateway {
  @Route({ path: '/api/users/**', methods: ['GET', 'POST', 'PUT', 'DELETE'] })
  @ServiceRoute({
    serviceName: 'user-service',
    loadBalancingStrategy: 'round-robin',
    stripPrefix: '/api/users',
  })
  @VersionRoute({
    strategy: 'header',
    header: 'X-API-Version',
    defaultVersion: 'v1',
    routes: {
      v1: { weight: 70, allowExplicit: true, filter: { tags: ['v1'] } },
      v2: { weight: 30, allowExplicit: true, filter: { tags: ['v2'] } },
    },
  })
  userRoutes: any;
  @Route({ path: '/api/orders/**', methods: ['GET', 'POST'] })
  @ServiceRoute({ serviceName: 'order-service', stripPrefix: '/api/orders' })
  @Canary({
    stable: { version: '1.0.0', weight: 90, filter: { tags: ['stable'] } },
    canary: { version: '2.0.0', weight: 10, filter: { tags: ['canary'] } },
    promotion: {
      strategy: 'error-rate',
      errorThreshold: 5,
      evaluationWindow: '30s',
      autoPromote: true,
      autoRollback: true,
      steps: [10, 25, 50, 75, 100],
      stepInterval: '15s',
    },
  })
  orderRoutes: any;
  @Route({ path: '/api/payments/**', methods: ['GET', 'POST'] })
  @ServiceRoute({ serviceName: 'payment-service', stripPrefix: '/api/payments' })
  @GatewayCircuitBreaker({ failureThreshold: 3, resetTimeout: 15_000 })
  @GatewayRateLimit({ strategy: 'token-bucket', max: 50, window: 60_000 })
  paymentRoutes: any;
}
// Create and start
const gateway = GatewayServer.fromClass(ApiGateway, backend);
gateway.startCanaries();
// ----------------------------------------------------------------------------------------------------

export { ApiGateway, backend, gateway }
