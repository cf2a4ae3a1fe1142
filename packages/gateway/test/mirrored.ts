import { expect, vi } from 'vitest'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MirrorConfig, MirrorSnapshot } from '../src/index.js'
import { type GatewayDependencies, type GatewayServer } from '../src/index.js'
import { MemoryRegistryBackend, register, startGateway, startUpstream, type RunningGateway, type Upstream } from './harness.js'

export interface Mirrored extends RunningGateway {
  readonly primary: Upstream
  readonly mirror: () => MirrorSnapshot
}

export interface MirroredOptions {
  /** Answers `primary` with 200 unless it is given. */
  readonly primary?: (request: IncomingMessage, response: ServerResponse) => void
  readonly route?: object
  readonly trafficPolicy?: object
  readonly dependencies?: GatewayDependencies
}

/** A gateway with one route, to a service of its own and mirrored to what listens on `shadowPort`. Resolves when it knows both. */
export async function startMirrored(
  shadowPort: number,
  mirror: Partial<MirrorConfig> = {},
  { primary: answer, route, trafficPolicy, dependencies }: MirroredOptions = {},
): Promise<Mirrored> {
  const primary = await startUpstream(
    answer ??
      ((request, response) => {
        request.resume().on('end', () => response.writeHead(200, { 'Content-Length': '7' }).end('primary'))
      }),
  )
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', primary.port)
  await register(backend, 'shadow', shadowPort)
  const proxy = await startGateway(
    {
      routes: [
        { path: '/**', serviceName: 'service', trafficPolicy: { mirror: { service: 'shadow', ...mirror }, ...trafficPolicy }, ...route },
      ],
    },
    backend,
    dependencies,
  )
  await vi.waitFor(() => expect(proxy.gateway.getDiscoveryClient().picker('shadow').ready).toBe(true))
  return { ...proxy, primary, mirror: () => mirrorOf(proxy.gateway) }
}

export function mirrorOf(gateway: GatewayServer): MirrorSnapshot {
  const [mirror] = gateway.getMetrics().getSnapshot().mirrors
  if (mirror === undefined) throw new Error('The gateway has no mirror')
  return mirror
}

/** The bodies that a service received, in order, each once it is whole. */
export async function startReader(status = 200): Promise<Upstream & { readonly bodies: string[] }> {
  const bodies: string[] = []
  const upstream = await startUpstream((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString())
      response.writeHead(status).end('shadow')
    })
  })
  return { ...upstream, bodies }
}
