// The article's snippet, word for word, stands between the rules; around it stands what the article leaves out.
import { MemoryRegistryBackend } from '@hazeljs/discovery'

const alerts: string[] = []
const alert = (message: string) => alerts.push(message)
// ----------------------------------------------------------------------------------------------------
import { GatewayServer, Gateway, Route, ServiceRoute,
  VersionRoute, Canary, GatewayCircuitBreaker } from '@hazeljs/gateway';
import { ServiceRegistry, DiscoveryClient } from '@hazeljs/discovery';
import { CircuitBreaker, RetryPolicy, MetricsRegistry } from '@hazeljs/resilience';
// 1. Register services with discovery
const backend = new MemoryRegistryBackend();
const userRegistry = new ServiceRegistry({
  name: 'user-service', port: 3001,
  zone: 'us-east-1', tags: ['api', 'v1'],
  metadata: { version: '1.0.0' },
}, backend);
await userRegistry.register();
// 2. Define gateway with decorators
@Gateway({
  discovery: { cacheEnabled: true, cacheTTL: 10_000 },
  resilience: { defaultTimeout: 10_000 },
  metrics: { enabled: true },
})
class ProductionGateway {
  @Route({ path: '/api/users/**' })
  @ServiceRoute({ serviceName: 'user-service', stripPrefix: '/api/users' })
  @VersionRoute({
    strategy: 'header',
    defaultVersion: 'v1',
    routes: {
      v1: { weight: 70, filter: { tags: ['v1'] } },
      v2: { weight: 30, filter: { tags: ['v2'] } },
    },
  })
  userRoutes: any;
  @Route({ path: '/api/orders/**' })
  @ServiceRoute({ serviceName: 'order-service' })
  @Canary({
    stable: { version: '1.0.0', weight: 90 },
    canary: { version: '2.0.0', weight: 10 },
    promotion: {
      strategy: 'error-rate', errorThreshold: 5,
      autoPromote: true, autoRollback: true,
      steps: [10, 25, 50, 75, 100], stepInterval: '15s',
    },
  })
  @GatewayCircuitBreaker({ failureThreshold: 3 })
  orderRoutes: any;
}
// 3. Start the gateway
const gateway = GatewayServer.fromClass(ProductionGateway, backend);
gateway.startCanaries();
// 4. Monitor everything
gateway.on('canary:promote', (e) => alert(`Canary promoted: ${e.route}`));
gateway.on('circuit:open', (e) => alert(`Circuit opened: ${e.route}`));
const metrics = gateway.getMetrics().getSnapshot();
console.log(`Total calls: ${metrics.aggregated.totalCalls}`);
console.log(`Failure rate: ${metrics.aggregated.failureRate}`);
// ----------------------------------------------------------------------------------------------------

export { alerts, backend, gateway, metrics, ProductionGateway }
