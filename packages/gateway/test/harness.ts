import { type Logger, silentLogger } from '@hazeljs/core'
import { MemoryRegistryBackend, type RegistryBackend, ServiceRegistry } from '@hazeljs/discovery'
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { type GatewayConfig, type GatewayDependencies, type GatewayRouteDefinition, GatewayServer } from '../src/index.js'

type Closer = () => unknown

const closers: Closer[] = []

/** Runs after the test, the last one first. */
export function afterTest(close: Closer): void {
  closers.push(close)
}

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

export interface Upstream {
  readonly port: number
  /** What arrived, in order. */
  readonly requests: IncomingMessage[]
  readonly server: Server
}

/** A real service on a free port. */
export async function startUpstream(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<Upstream> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    handler(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, requests, server }
}

export interface InstanceOptions {
  readonly tags?: readonly string[]
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Registers an instance without a health check. */
export async function register(
  backend: RegistryBackend,
  name: string,
  port: number,
  options: InstanceOptions = {},
): Promise<ServiceRegistry> {
  const registry = new ServiceRegistry({ name, host: '127.0.0.1', port, ...options }, backend)
  await registry.register()
  afterTest(() => registry.deregister())
  return registry
}

export interface RunningGateway {
  readonly gateway: GatewayServer
  readonly port: number
  readonly url: string
}

/** A gateway on a free port; closed after the test. */
export async function startGateway(
  config: GatewayConfig,
  backend: RegistryBackend,
  dependencies: GatewayDependencies = {},
): Promise<RunningGateway> {
  const gateway = GatewayServer.fromConfig(config, backend, { logger: silentLogger, ...dependencies })
  afterTest(() => {
    gateway.stop()
  })
  const { port, url } = await gateway.listen({ port: 0, host: '127.0.0.1' })
  return { gateway, port, url }
}

/**
 * A gateway with one route, `/**` unless `route` says otherwise, to a service with an instance on each port. The instances are ranked in
 * this order for the strategy of `watchedLeases`.
 */
export async function startProxy(
  ports: readonly number[],
  route: Partial<GatewayRouteDefinition> = {},
  config: GatewayConfig = {},
  dependencies: GatewayDependencies = {},
): Promise<RunningGateway & { readonly backend: MemoryRegistryBackend }> {
  const backend = new MemoryRegistryBackend()
  for (const [rank, port] of ports.entries()) await register(backend, 'service', port, { metadata: { rank } })
  const routes = [{ path: '/**', serviceName: 'service', ...route }]
  return { ...(await startGateway({ routes, ...config }, backend, dependencies)), backend }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly rawHeaders: readonly string[]
  readonly text: string
}

/** One request on a connection of its own, so that tests don't share state. */
export function send(port: number, path: string, options: RequestOptions & { readonly body?: string | Buffer } = {}): Promise<Answer> {
  const { body, ...rest } = options
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, agent: false, ...rest }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          text: Buffer.concat(chunks).toString(),
        })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** A logger that keeps what it is told. */
export function recordingLogger(): {
  readonly logger: Logger
  readonly lines: { readonly level: string; readonly fields: object; readonly message: string }[]
} {
  const lines: { level: string; fields: object; message: string }[] = []
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message })
  }
  return { logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines }
}

export { MemoryRegistryBackend }
