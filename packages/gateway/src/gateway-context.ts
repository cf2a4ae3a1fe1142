import type { Clock, Emitter, Logger, Random } from '@hazeljs/core'
import type { DiscoveryClient } from '@hazeljs/discovery'
import type { CanaryStore } from './canary/sharing/canary-store.js'
import type { ResolvedGateway } from './config/resolved.js'
import type { GatewayEvents } from './events.js'
import type { ClientAddresses } from './http/client-address.js'
import type { InFlight } from './in-flight.js'
import type { LoneHeads } from './upstream/lone-heads.js'
import type { RefusedRequests } from './http/refused-requests.js'
import type { OpenTunnels } from './upstream/tunnel.js'
import type { UpstreamPools } from './upstream/upstream-pools.js'

/** What every stage of one gateway shares. */
export interface GatewayContext {
  readonly config: ResolvedGateway
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly events: Emitter<GatewayEvents>
  readonly canaryStore: CanaryStore | undefined
  readonly discovery: DiscoveryClient
  readonly pools: UpstreamPools
  readonly addresses: ClientAddresses
  readonly inFlight: InFlight
  readonly loneHeads: LoneHeads
  readonly tunnels: OpenTunnels
  readonly refused: RefusedRequests
  /** The gateway's name in `Via`, its own alone: a request that carries it has gone round in a circle. */
  readonly pseudonym: string
}
