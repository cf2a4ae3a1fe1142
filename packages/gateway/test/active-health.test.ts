import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock } from '@hazeljs/core/testing'
import { type StaticServices, StaticRegistryBackend } from '@hazeljs/discovery'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayConfig, GatewayServer } from '../src/index.js'
import { authority, clientIdentity, localServer } from './certificates.js'
import { afterTest, recordingLogger, send, startGateway, startUpstream } from './harness.js'
import { closedPort } from './raw-http.js'

const interval = 1_000
const checked: GatewayConfig = { discovery: { healthCheck: { path: '/healthz', interval, timeout: '1h', unhealthyThreshold: 2 } } }

/** A gateway in front of a list that no registry checks. */
async function startListed(services: StaticServices, config: GatewayConfig = checked) {
  const clock = new FakeClock()
  const log = recordingLogger()
  const routes = [{ path: '/**', serviceName: 'service', trafficPolicy: { retry: false as const } }]
  const running = await startGateway({ routes, ...config }, new StaticRegistryBackend(services), { clock, logger: log.logger })
  const told: string[] = []
  running.gateway.getDiscoveryClient().on('healthy', ({ instance }) => told.push(`${instance.port} healthy`))
  running.gateway.getDiscoveryClient().on('unhealthy', ({ instance }) => told.push(`${instance.port} unhealthy`))
  return { ...running, clock, told, lines: log.lines }
}

const inService = async (gateway: GatewayServer) =>
  ((await gateway.explain({ method: 'GET', path: '/' })).subset?.instances ?? []).map(({ port }) => port)

/** A service whose checks and requests get what the test says. */
async function service() {
  const says = { health: 200, requests: 200 }
  const upstream = await startUpstream((request, response) => {
    response.writeHead(request.url === '/healthz' ? says.health : says.requests).end()
  })
  const count = (url: string) => upstream.requests.filter((request) => request.url === url).length
  return { ...upstream, says, checks: () => count('/healthz'), calls: () => count('/') }
}

const at = (port: number) => ({ host: '127.0.0.1', port })

describe('instances of a list that nobody checks', () => {
  it('are not met by a request when they are dead', async () => {
    const good = await service()
    const dead = await closedPort()
    const { port, told, lines, gateway } = await startListed({ service: [at(good.port), at(dead)] })
    await vi.waitFor(() => expect(told).toHaveLength(2))
    for (let call = 0; call < 6; call++) expect((await send(port, '/')).status).toBe(200)
    expect(good.calls()).toBe(6)
    expect(await inService(gateway)).toEqual([good.port])
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  it('are taken out when they fall ill, and return when they are well', async () => {
    const one = await service()
    const two = await service()
    const { gateway, port, clock, told } = await startListed({ service: [at(one.port), at(two.port)] })
    await vi.waitFor(() => expect(told).toHaveLength(2))
    const awaitChecks = async (count: number) => {
      const until = two.checks() + count
      while (two.checks() < until) await clock.advance(interval / 5)
    }
    two.says.health = 503
    await awaitChecks(2)
    await vi.waitFor(async () => expect(await inService(gateway)).toEqual([one.port]))
    for (let call = 0; call < 4; call++) expect((await send(port, '/')).status).toBe(200)
    expect(two.calls()).toBe(0)
    two.says.health = 200
    await awaitChecks(2)
    await vi.waitFor(async () => expect(await inService(gateway)).toHaveLength(2))
  })

  it('return from an ejection with a good check', async () => {
    const one = await service()
    const two = await service()
    const { gateway, port, clock, told } = await startListed({ service: [at(one.port), at(two.port)] })
    await vi.waitFor(() => expect(told).toHaveLength(2))
    const readmitted = vi.fn()
    gateway.getDiscoveryClient().on('readmitted', ({ reason }) => void readmitted(reason))
    two.says.requests = 500
    while ((await inService(gateway)).length === 2) await send(port, '/')
    two.says.requests = 200
    await clock.advance(interval * 1.2)
    await vi.waitFor(() => expect(readmitted).toHaveBeenCalledWith('check'))
    await vi.waitFor(async () => expect(await inService(gateway)).toHaveLength(2))
  })

  it('are checked no more when the gateway is closed', async () => {
    const one = await service()
    const { gateway, clock, told } = await startListed({ service: [at(one.port)] })
    await vi.waitFor(() => expect(told).toHaveLength(1))
    await gateway.close({ drainTimeout: 0 })
    const checks = one.checks()
    await clock.advance(10 * interval)
    expect(one.checks()).toBe(checks)
  })
})

describe('a check reaches an instance as requests do', () => {
  async function started(server: Server, where: { path: string } | { port: number; host: string }): Promise<Server> {
    await new Promise<void>((resolve) => server.listen(where, resolve))
    afterTest(() => {
      server.close()
      server.closeAllConnections()
    })
    return server
  }
  const answer: RequestListener = (_request, response) => response.end('ok')

  it('on its Unix socket, and on none that requests may not use', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gw-'))
    afterTest(() => rm(directory, { recursive: true }))
    const socketPath = join(directory, 'a.sock')
    await started(createServer(answer), { path: socketPath })
    const list = { service: [{ ...at(1), metadata: { socketPath } }] }
    const good = await startListed(list, { ...checked, upstream: { socketDirectory: directory } })
    await vi.waitFor(() => expect(good.told).toEqual(['1 healthy']))
    const refused = await startListed(list)
    const error = expect.stringContaining('upstream.socketDirectory is not set') as unknown
    await vi.waitFor(() => expect(refused.lines.map(({ fields }) => fields)).toEqual([expect.objectContaining({ error })]))
  })

  it('over TLS, with the certificate that it asks for', async () => {
    const options = { ...localServer, ca: authority, requestCert: true }
    const server = await started(createSecureServer(options, answer), { port: 0, host: '127.0.0.1' })
    const { port } = server.address() as { port: number }
    const list = { service: [{ ...at(port), protocol: 'https' as const }] }
    const known = await startListed(list, { ...checked, upstream: { tls: { ca: authority, ...clientIdentity } } })
    await vi.waitFor(() => expect(known.told).toEqual([`${port} healthy`]))
    const unknown = await startListed(list, { ...checked, upstream: { tls: { ca: authority } } })
    await vi.waitFor(() => expect(unknown.told).toEqual([`${port} unhealthy`]))
  })
})
