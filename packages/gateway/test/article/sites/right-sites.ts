// Fields of any type and visibility, with every form the decorators take.
import { Gateway, GatewayCircuitBreaker, Route, ServiceRoute, TrafficPolicy, VersionRoute } from '@hazeljs/gateway'

interface Users {
  readonly list: () => Promise<string[]>
}

@Gateway()
abstract class Base {
  constructor(readonly name: string) {}

  @Route('/users/**')
  @ServiceRoute('user-service')
  users!: Users

  @Route({ path: '/orders/**' })
  @ServiceRoute({ serviceName: 'order-service', loadBalancingStrategy: 'my-own' })
  @TrafficPolicy({ timeout: '5s', retry: false })
  private orders?: string

  @Route('/products/**')
  @ServiceRoute('product-service')
  @GatewayCircuitBreaker(false)
  protected readonly products: number = 1

  seen(): unknown {
    return [this.orders, this.products]
  }
}

@Gateway({ middleware: { cors: true } })
class Derived extends Base {
  constructor() {
    super('derived')
  }

  @Route('/users/v2/**')
  @ServiceRoute('user-service')
  @VersionRoute({ strategy: 'uri', routes: { v1: { weight: 50 }, v2: { weight: 50 } } })
  override users: Users = { list: async () => [] }
}

export { Base, Derived }
