import { type RegistryBackend, ServiceRegistry } from '@hazeljs/discovery'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

export interface ServiceRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Parsed JSON; `undefined` where the request has no body, or none that is JSON. */
  readonly body: unknown
}

export interface ServiceAnswer {
  readonly status: number
  /** Sent as JSON, with the name of who answered. */
  readonly body: object
}

export interface ServiceOptions {
  readonly name: string
  readonly version: string
  readonly tags: readonly string[]
  readonly answer: (request: ServiceRequest) => ServiceAnswer
}

export interface RunningService {
  readonly name: string
  readonly version: string
  readonly url: string
  /** Leaves the registry first, so that nobody is sent here any more, and then closes. */
  readonly stop: () => Promise<void>
}

/** Starts an HTTP server on a free port of this machine and registers it, with a health check that asks it every five seconds. */
export async function startService(options: ServiceOptions, backend: RegistryBackend): Promise<RunningService> {
  const { name, version, tags } = options
  const server = createServer((request, response) => {
    void handle(options, request, response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo

  const registry = new ServiceRegistry(
    { name, host: '127.0.0.1', port, tags, metadata: { version }, healthCheckPath: '/health', healthCheckInterval: '5s' },
    backend,
  )
  await registry.register()

  return {
    name,
    version,
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await registry.deregister()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      })
    },
  }
}

async function handle({ name, version, answer }: ServiceOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  const body: unknown = await json(request).catch(() => undefined)
  const { status, body: answered } =
    path === '/health' ? { status: 200, body: { healthy: true } } : answer({ method: request.method ?? 'GET', path, body })
  const text = `${JSON.stringify({ servedBy: `${name} ${version}`, ...answered })}\n`
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}
