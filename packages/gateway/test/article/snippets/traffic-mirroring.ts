// The article's snippet, word for word, stands between the rules; around it stands what the article leaves out.
import { Gateway, Route, ServiceRoute, TrafficPolicy } from '@hazeljs/gateway'

@Gateway()
class MirroringGateway {
// ----------------------------------------------------------------------------------------------------
@Route({ path: '/api/products/**', methods: ['GET'] })
@ServiceRoute({ serviceName: 'product-service' })
@TrafficPolicy({
  mirror: {
    service: 'analytics-service',
    percentage: 50, // Mirror 50% of traffic
    waitForResponse: false, // Fire-and-forget
  },
  timeout: 5_000,
  retry: { maxAttempts: 2, backoff: 'fixed', baseDelay: 500 },
})
productRoutes: any;
// ----------------------------------------------------------------------------------------------------
}

export { MirroringGateway }
