// The article's snippet, word for word, stands between the rules; around it stands what the article leaves out.
import { MemoryRegistryBackend } from '@hazeljs/discovery'
import { GatewayServer } from '@hazeljs/gateway'

const backend = new MemoryRegistryBackend()
// ----------------------------------------------------------------------------------------------------
const gateway = GatewayServer.fromConfig({ routes: [] }, backend);
// Add routes on-the-fly
gateway.addRoute({
  path: '/api/users/**',
  serviceName: 'user-service',
  circuitBreaker: { failureThreshold: 3, resetTimeout: 10_000 },
});
gateway.addRoute({
  path: '/api/products/**',
  serviceName: 'product-service',
  rateLimit: { strategy: 'token-bucket', max: 20, window: 60_000 },
});
// ----------------------------------------------------------------------------------------------------

export { backend, gateway }
