import { DiscoveryClient } from '../discovery-client.js'
import type { ServiceDiscovery } from '../service-client/service-target.js'

/** Says which discovery client those use who were given none. */
export class DiscoveryScope {
  #client: ServiceDiscovery | undefined

  /** From now on, for whoever has not made a call yet. The client stays its maker's to close. */
  use(client: ServiceDiscovery): this {
    this.#client = client
    return this
  }

  /** The one last given to {@link use}; without it a DiscoveryClient on the memory backend that this process shares. */
  get client(): ServiceDiscovery {
    return (this.#client ??= new DiscoveryClient())
  }
}

/** What `@InjectServiceClient` without `discovery` asks. */
export const defaultDiscovery = /* @__PURE__ */ new DiscoveryScope()
