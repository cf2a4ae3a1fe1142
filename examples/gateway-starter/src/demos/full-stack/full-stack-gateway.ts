import { Route, ServiceRoute } from '@hazeljs/gateway'
import { ApiGateway } from './api-gateway.js'

/** The article's gateway and a route for products: a subclass inherits the routes and the settings. */
export class FullStackGateway extends ApiGateway {
  @Route({ path: '/api/products/**', methods: ['GET'] })
  @ServiceRoute({ serviceName: 'product-service', stripPrefix: '/api/products' })
  productRoutes: unknown
}
