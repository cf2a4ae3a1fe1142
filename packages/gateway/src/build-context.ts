import { randomUUID } from 'node:crypto'
import {
  type Clock,
  Emitter,
  guardClock,
  guardLogger,
  jsonLogger,
  type Logger,
  type OptionsReader,
  type Random,
  resolveOptions,
  systemClock,
  systemRandom,
} from '@hazeljs/core'
import { DiscoveryClient, type RegistryBackend } from '@hazeljs/discovery'
import type { CanaryStore } from './canary/sharing/canary-store.js'
import type { ResolvedGateway } from './config/resolved.js'
import type { GatewayEvents } from './events.js'
import type { GatewayContext } from './gateway-context.js'
import { checkConnector } from './http/check-connection.js'
import { ClientAddresses } from './http/client-address.js'
import { LoneHeads } from './upstream/lone-heads.js'
import { RefusedRequests } from './http/refused-requests.js'
import { OpenTunnels } from './upstream/tunnel.js'
import { UpstreamPools } from './upstream/upstream-pools.js'
import { InFlight } from './in-flight.js'

/** What a gateway works with; each has a default of production's. */
export interface GatewayDependencies {
  readonly clock?: Clock
  readonly random?: Random
  /** Where request lines and internal errors go. Default: one JSON object a line. */
  readonly logger?: Logger
  /**
   * Keeps canaries over restarts, and shares them with the gateways of other processes: they count together, one of them decides. Not closed with
   * the gateway. Default: each gateway has its own, and a restart begins anew.
   */
  readonly canaryStore?: CanaryStore
}

function readDependencies(given: OptionsReader<GatewayDependencies>) {
  return {
    clock: given.able('clock', 'clock', 'now') ?? systemClock,
    random: given.able('random', 'source of chance', 'next') ?? systemRandom,
    logger: given.able('logger', 'logger', 'warn') ?? jsonLogger,
    canaryStore: given.able('canaryStore', 'CanaryStore', 'report'),
  }
}

/** Everything that the stages of one gateway share, made for it. */
export function buildContext(
  config: ResolvedGateway,
  backend: RegistryBackend | undefined,
  dependencies: GatewayDependencies,
): GatewayContext {
  const { clock, random, logger, canaryStore } = resolveOptions('What the gateway works with', readDependencies, dependencies)
  const guardedClock = guardClock(clock)
  const guardedLogger = guardLogger(logger)
  const events = new Emitter<GatewayEvents>((error, event) => {
    guardedLogger.error({ event, error: error.message }, 'a listener failed')
  })
  const context: GatewayContext = {
    config,
    clock: guardedClock,
    random,
    logger: guardedLogger,
    events,
    canaryStore,
    discovery: new DiscoveryClient(config.discovery, backend, {
      clock: guardedClock,
      random,
      logger: guardedLogger,
      checkConnector: checkConnector(config),
    }),
    pools: new UpstreamPools(config, guardedClock),
    addresses: new ClientAddresses(config.trustedProxies),
    inFlight: new InFlight(),
    loneHeads: new LoneHeads(),
    tunnels: new OpenTunnels(),
    refused: new RefusedRequests({ clock: guardedClock, logger: guardedLogger, events, logging: config.logging }),
    pseudonym: config.pseudonym ?? `hazeljs-${randomUUID().slice(0, 8)}`,
  }
  context.discovery.on('change', ({ removed }) => {
    context.pools.drop(removed)
  })
  context.discovery.on('unhealthy', ({ service, instance, error }) => {
    guardedLogger.warn({ service, instance: instance.id, error: error.message }, 'an instance is found ill by its check')
  })
  return context
}
