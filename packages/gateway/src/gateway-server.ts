import { type AnyClass, endOn, HazelError, resolveOptions, toError } from '@hazeljs/core'
import type { DiscoveryClient, RegistryBackend } from '@hazeljs/discovery'
import { type GatewayRequest, type GatewayResponse, runRequest } from './adapters/handle-request.js'
import { nodeHandler, type NodeHandler, type WatchedHandler } from './adapters/node-handler.js'
import { embeddedUpgrade, type GatewayHandler, type UpgradeHandler, upgradeHandler } from './adapters/upgrade-handler.js'
import { buildContext, type GatewayDependencies } from './build-context.js'
import type { CanaryEngine } from './canary/canary-engine.js'
import { Closing } from './closing.js'
import { checkConfig, type CheckedConfig, checkRoute, checkRoutes, type ConfigLabels } from './config/check.js'
import { type CloseOptions, readClose, type ResolvedClose, type ResolvedShutdown } from './config/close-options.js'
import type { GatewayRouteDefinition } from './config/definition.js'
import type { GatewayConfig } from './config/gateway-options.js'
import { configOf } from './decorated-class.js'
import { explain, type ExplainRequest } from './explain/explain.js'
import type { Explanation } from './explain/explanation.js'
import type { GatewayEvents } from './events.js'
import type { GatewayContext } from './gateway-context.js'
import { GatewayMetrics } from './gateway-metrics.js'
import type { ListenOptions } from './http/listen-options.js'
import { Listener, type Listening } from './http/listener.js'
import { compileArrival } from './path.js'
import { RouteBook } from './route-book.js'
import type { Next } from './stage.js'

/** A reverse proxy in front of discovered services. Serves from the moment it is made: through `listen`, a handler, or `handleRequest`. */
export class GatewayServer {
  readonly #context: GatewayContext
  readonly #routes: RouteBook
  readonly #run: Next
  readonly #handler: WatchedHandler
  readonly #upgradeHandler: UpgradeHandler
  readonly #closing: Closing
  #listener: Listener | undefined
  #forgetSignals: readonly (() => void)[] = []

  /** @throws ConfigError listing every problem with its path. */
  constructor(config: GatewayConfig = {}, backend?: RegistryBackend, dependencies: GatewayDependencies = {}, labels?: ConfigLabels) {
    const { gateway, routes }: CheckedConfig = checkConfig(config, labels)
    this.#context = buildContext(gateway, backend, dependencies)
    this.#closing = new Closing(this.#context.clock)
    this.#routes = new RouteBook(this.#context)
    this.#run = compileArrival(this.#context, this.#routes.table)
    this.#handler = nodeHandler(this.#run)
    this.#upgradeHandler = upgradeHandler(this.#run)
    for (const route of routes) this.#routes.add(route)
  }

  /**
   * A gateway from a class decorated with `@Gateway` and its fields with `@Route`.
   *
   * @throws ConfigError that names the class and its fields.
   */
  static fromClass(target: AnyClass, backend?: RegistryBackend, dependencies?: GatewayDependencies): GatewayServer {
    const { config, labels } = configOf(target)
    return new GatewayServer(config, backend, dependencies, labels)
  }

  /**
   * The same as the constructor. Without `backend` services are found as `config.discovery` says, by default in the memory of this process.
   *
   * @throws ConfigError listing every problem with its path.
   */
  static fromConfig(config: GatewayConfig, backend?: RegistryBackend, dependencies?: GatewayDependencies): GatewayServer {
    return new GatewayServer(config, backend, dependencies)
  }

  /**
   * Serves the route from the next request on.
   *
   * @throws ConfigError listing every problem, and then nothing has changed; GatewayError `GATEWAY_CLOSED`.
   */
  addRoute(definition: GatewayRouteDefinition): this {
    const existing = this.#routes.plans.map(({ resolved }) => resolved)
    this.#routes.add(checkRoute(definition, this.#context.config, 'route', existing))
    return this
  }

  /** Removes the routes with this path, or only the one with exactly these methods. Requests under way go on. `false`: there was none. */
  removeRoute(path: string, methods?: readonly string[]): boolean {
    return this.#routes.remove(path, methods)
  }

  /**
   * Swaps all routes at once while traffic flows. Requests and streams under way keep the route they came by. A route whose definition says
   * the same as one in service is that one, with its breakers, limiter, canary and metrics. Connections to instances are kept.
   *
   * @throws ConfigError listing every problem with its path (`routes[2].path`), and then nothing has changed; GatewayError `GATEWAY_CLOSED`.
   */
  replaceRoutes(definitions: readonly GatewayRouteDefinition[]): this {
    this.#routes.replace(checkRoutes(definitions, this.#context.config))
    return this
  }

  /** The routes in service, as they were defined. */
  getRoutes(): readonly GatewayRouteDefinition[] {
    return this.#routes.plans.map(({ resolved }) => resolved.definition)
  }

  /**
   * Opens a port, one for each gateway.
   *
   * @throws ConfigError for a port that is none, or certificates and keys that can't be used; HazelError `LISTEN_FAILED`, naming what is in the way.
   */
  async listen(options: ListenOptions = {}): Promise<Listening> {
    if (this.#closing.begun) throw new HazelError('LISTEN_FAILED', 'The gateway was closed, and opens no port again: make another one')
    if (this.#listener !== undefined)
      throw new HazelError('LISTEN_FAILED', 'The gateway listens already: close it first, or make another one')
    const { clock, logger, refused } = this.#context
    const listener = new Listener(options, this.#handler, this.#upgradeHandler, clock, {
      onError: (error) => {
        logger.error({ error }, 'the server failed to accept a connection')
      },
      onUnreadable: refused.unreadable,
      onDropped: refused.connection,
    })
    this.#listener = listener
    try {
      const listening = await listener.listen()
      if (listener.shutdown !== undefined) this.#heedSignals(listener.shutdown)
      if (this.#routes.canariesWait) logger.warn({}, 'canaries split the traffic, and are judged from startCanaries() on')
      return listening
    } catch (error) {
      this.#listener = undefined
      throw error
    }
  }

  /** Whether new connections may be sent here: `false` from the moment that `close` or `stop` is called, or a signal does. */
  get isReady(): boolean {
    return !this.#closing.begun
  }

  /** For a server of your own: `node:http`, Express, Fastify. */
  handler(): GatewayHandler {
    const handle: NodeHandler = (request, response) => {
      this.#handler(request, response, doNothing)
    }
    return Object.assign(handle, { upgrade: embeddedUpgrade(this.#upgradeHandler, handle) })
  }

  /**
   * Walks a request without a socket along the same path. Keeps the answer in memory, 64 MiB at most.
   *
   * @throws GatewayError `UPSTREAM_RESET` when the answer breaks off; refusals and failures are answers like any other.
   */
  handleRequest(request: GatewayRequest): Promise<GatewayResponse> {
    return runRequest(request, this.#run)
  }

  /**
   * What would become of a request if it came now, and why. Nothing is sent or counted; where chance decides, as between weighted versions,
   * it is drawn as for a request. A refusal is an explanation like any other.
   */
  explain(request: ExplainRequest): Promise<Explanation> {
    return explain(request, this.#context, this.#routes.table)
  }

  /**
   * Drains: is not ready any more, and ends each connection with its next answer; after `acceptGrace` accepts nothing new, and ends connections
   * that stay idle for 1 s; lets requests and tunnels finish until `drainTimeout`, then cuts them and lets go of everything.
   *
   * @throws ConfigError for a duration that is none.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    return this.#close(resolveOptions('close', (reader) => readClose(reader), options))
  }

  /** Ends timers, watches, listeners and connections at once; requests under way are cut. */
  stop(): void {
    this.#closing.hurry(this.#listener)
    void this.#release()
  }

  /** Starts the canaries of all routes, and of those that come later. */
  startCanaries(): void {
    this.#routes.startCanaries()
  }

  /** The engine of a route's canary, by the route's path as it was written; `undefined` where there is no such route, or no canary. */
  getCanaryEngine(path: string): CanaryEngine | undefined {
    return this.#routes.plans.find((plan) => plan.path === path && plan.canary !== undefined)?.canary?.engine
  }

  /** Counts and times of all routes; `getSnapshot()` has them as they are now. */
  getMetrics(): GatewayMetrics {
    return new GatewayMetrics(this.#context.clock, () => this.#routes.plans, this.#context.refused)
  }

  /** What the gateway finds instances by; closed with it. */
  getDiscoveryClient(): DiscoveryClient {
    return this.#context.discovery
  }

  /** What listeners throw is logged, and changes nothing. */
  on<K extends keyof GatewayEvents>(event: K, listener: (payload: GatewayEvents[K]) => unknown): this {
    this.#context.events.on(event, listener)
    return this
  }

  off<K extends keyof GatewayEvents>(event: K, listener: (payload: GatewayEvents[K]) => unknown): this {
    this.#context.events.off(event, listener)
    return this
  }

  async #close(resolved: ResolvedClose): Promise<void> {
    await this.#closing.close(resolved, this.#context.inFlight, this.#listener)
    await this.#release()
  }

  #heedSignals(shutdown: ResolvedShutdown): void {
    const endable = {
      shutdown: () =>
        this.#close(shutdown).catch((error: unknown) => {
          this.#context.logger.error({ error: toError(error).message }, 'the shutdown failed')
        }),
      hurry: () => {
        this.stop()
      },
    }
    this.#forgetSignals = shutdown.signals.map((signal) => endOn(signal, endable))
  }

  async #release(): Promise<void> {
    for (const forget of this.#forgetSignals) forget()
    const closingRoutes = this.#routes.close()
    this.#context.tunnels.cut()
    this.#context.pools.destroy()
    await Promise.all([closingRoutes, this.#context.discovery.close()])
    this.#context.events.removeAllListeners()
  }
}

function doNothing(): void {
  // a server of somebody else keeps its own books
}

/**
 * The handler of a gateway, for a server of your own: `http.createServer(createGatewayHandler(gateway))`, `app.use(…)`. For WebSockets add
 * `server.on('upgrade', handler.upgrade)`.
 */
export function createGatewayHandler(gateway: GatewayServer): GatewayHandler {
  return gateway.handler()
}
