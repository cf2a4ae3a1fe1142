import { createServer, type AddressInfo, type Socket } from 'node:net'
import { FakeClock } from '@hazeljs/core/testing'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { afterTest, register, send, MemoryRegistryBackend, startGateway, startUpstream } from './harness.js'
import { watchedLeases } from './leases.js'
import { mirrorOf, startMirrored } from './mirrored.js'
import { closedPort, rawClient, startRawUpstream } from './raw-http.js'

/** A service that takes connections and reads nothing. */
async function startDeaf(): Promise<{ readonly port: number; readonly sockets: Socket[] }> {
  const sockets: Socket[] = []
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined)
    sockets.push(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

const mirrors = {
  dead: async () => ({ port: await closedPort() }),
  hung: () => startUpstream(() => undefined),
  'slow at reading': startDeaf,
  resetting: () => startRawUpstream((socket) => socket.resetAndDestroy()),
  'speaking garbage': () => startRawUpstream((socket) => socket.write('SMTP ready when you are\r\n\r\n')),
  'breaking off': () => startRawUpstream((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
  failing: () => startUpstream((_request, response) => response.writeHead(500).end()),
} as const
const kinds = Object.keys(mirrors) as (keyof typeof mirrors)[]
const cases = kinds.flatMap((kind) => ['GET', 'POST'].flatMap((method) => [true, false].map((waits) => ({ kind, method, waits }))))

describe('a mirror that is', () => {
  it.each(cases)('$kind fails no $method and leaves nothing behind (waits: $waits)', async ({ kind, method, waits }) => {
    const { port: shadowPort } = await mirrors[kind]()
    const { gateway, port, mirror } = await startMirrored(shadowPort, {
      methods: ['GET', 'POST'],
      timeout: 150,
      waitForResponse: waits,
      diff: true,
    })
    const body = 'x'.repeat(30_000)
    const options = method === 'POST' ? { method, body, headers: { 'Content-Length': String(body.length) } } : { method }
    for (let i = 0; i < 3; i++) expect(await send(port, '/', options)).toMatchObject({ status: 200, text: 'primary' })
    await vi.waitFor(() => expect(mirror()).toMatchObject({ sent: 3, failed: 3, succeeded: 0, inFlight: 0, bytes: 0 }))
    expect(gateway.getMetrics().getSnapshot().aggregated).toMatchObject({ totalCalls: 3, failureCalls: 0 })
    const { diff } = mirror()
    expect(diff).toMatchObject(kind === 'failing' ? { compared: 3, different: 3 } : { compared: 0, notCompared: 3 })
  })
})

describe('copies', () => {
  it('pass no verdict on the instances of a service that clients use as well', async () => {
    const backend = new MemoryRegistryBackend()
    const start = (status: number) => startUpstream((_request, response) => response.writeHead(status).end())
    const [primary, good, bad] = [await start(200), await start(200), await start(500)]
    await register(backend, 'service', primary.port)
    for (const { port } of [good, bad]) await register(backend, 'shadow', port)
    const routes = [
      { path: '/mirrored', serviceName: 'service', trafficPolicy: { mirror: { service: 'shadow' } } },
      { path: '/direct', serviceName: 'shadow' },
    ]
    const { gateway, port } = await startGateway({ routes }, backend)
    await vi.waitFor(() => expect(gateway.getDiscoveryClient().picker('shadow').ready).toBe(true))
    for (let i = 0; i < 20; i++) await send(port, '/mirrored')
    await vi.waitFor(() => expect(mirrorOf(gateway)).toMatchObject({ sent: 20, inFlight: 0 }))
    expect(bad.requests).toHaveLength(10)
    const direct = await Promise.all([send(port, '/direct'), send(port, '/direct')])
    expect(direct.map(({ status }) => status).sort()).toEqual([200, 500])
  })

  it('go to other instances of the same service where a filter says so', async () => {
    const shadow = await startUpstream((_request, response) => response.end('shadow'))
    const leases = watchedLeases('watched-copies')
    const backend = new MemoryRegistryBackend()
    const primary = await startUpstream((_request, response) => response.end('primary'))
    await register(backend, 'service', primary.port, { metadata: { version: '1', rank: 0 } })
    await register(backend, 'service', shadow.port, { metadata: { version: '2', rank: 1 } })
    const filter = (version: string) => ({ filter: { metadata: { version } } })
    const route = {
      path: '/**',
      serviceName: 'service',
      serviceConfig: { ...filter('1'), loadBalancingStrategy: 'watched-copies' },
      trafficPolicy: { mirror: { service: 'service', ...filter('2') } },
    }
    const { gateway, port } = await startGateway({ routes: [route] }, backend)
    await vi.waitFor(() => expect(gateway.getDiscoveryClient().picker('service').ready).toBe(true))
    for (let i = 0; i < 3; i++) expect((await send(port, '/')).text).toBe('primary')
    await vi.waitFor(() => expect(mirrorOf(gateway)).toMatchObject({ succeeded: 3, inFlight: 0 }))
    expect([primary.requests.length, shadow.requests.length, leases.open]).toEqual([3, 3, 0])
  })

  it('are left out when five in a row had no answer, until one is tried again', async () => {
    const shadow = await startRawUpstream((socket) => socket.resetAndDestroy())
    const { port, mirror } = await startMirrored(shadow.port)
    for (let i = 0; i < 9; i++) {
      await send(port, '/')
      await vi.waitFor(() => expect(mirror().inFlight).toBe(0))
    }
    expect(mirror()).toMatchObject({ sent: 5, failed: 5, dropped: { open: 4, inFlight: 0 } })
    expect(shadow.sockets).toHaveLength(5)
  })

  it('are given up with the one that was tried again, too, where that hangs', async () => {
    const clock = new FakeClock()
    const shadow = await startUpstream(() => undefined)
    const { gateway, mirror } = await startMirrored(shadow.port, {}, { dependencies: { clock } })
    const ask = () => gateway.handleRequest({ method: 'GET', path: '/' })
    for (let i = 0; i < 5; i++) await ask()
    await clock.advance(10_000)
    expect(mirror()).toMatchObject({ failed: 5, inFlight: 0 })
    await ask()
    await clock.advance(6_000) // open for 5 s, give or take a fifth
    await ask()
    expect(mirror()).toMatchObject({ sent: 6, inFlight: 1, dropped: { open: 1 } })
    await clock.advance(8_000) // half open for as long: the probe is taken for lost
    await ask()
    expect(mirror()).toMatchObject({ sent: 6, inFlight: 1, dropped: { open: 2 } })
    await clock.advance(2_000)
    expect(mirror()).toMatchObject({ sent: 6, failed: 6, inFlight: 0 })
  })

  it('are no more under way than they may be', async () => {
    const shadow = await startUpstream(() => undefined)
    const { port, mirror } = await startMirrored(shadow.port, { maxInFlight: 2 })
    for (let i = 0; i < 5; i++) await send(port, '/')
    expect(mirror()).toMatchObject({ sent: 2, inFlight: 2, dropped: { inFlight: 3 } })
  })

  it('are dropped where the mirror has no instance', async () => {
    const shadow = await startUpstream(() => undefined)
    const { port, mirror } = await startMirrored(shadow.port, { filter: { tags: ['none'] }, waitForResponse: true })
    const startedAt = performance.now()
    await send(port, '/')
    expect(performance.now() - startedAt).toBeLessThan(900)
    expect(mirror()).toMatchObject({ sent: 0, dropped: { noInstance: 1 } })
  })

  it('are sent again where the instance was just closing the connection, if that is harmless', async () => {
    const shadow = await startRawUpstream((socket, _head, count) => {
      if (count === 1) socket.destroy()
      else socket.write('HTTP/1.1 204 No Content\r\n\r\n')
    })
    const { port, mirror } = await startMirrored(shadow.port)
    await send(port, '/')
    await vi.waitFor(() => expect(mirror().inFlight).toBe(0))
    await send(port, '/')
    await vi.waitFor(() => expect(mirror()).toMatchObject({ sent: 2, succeeded: 2 }))
    expect(shadow.sockets).toHaveLength(2)
  })

  it('do not hold a gateway back that closes, and leave nothing behind', async () => {
    const shadow = await startUpstream(() => undefined)
    const { gateway, port, mirror } = await startMirrored(shadow.port, { methods: ['GET', 'POST'], diff: true })
    await send(port, '/')
    await send(port, '/', { method: 'POST', body: 'x', headers: { 'Content-Length': '1' } })
    const uploading = await rawClient(port)
    uploading.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf')
    await vi.waitFor(() => expect(mirror()).toMatchObject({ sent: 2, inFlight: 3 }))
    const read = mirror
    const startedAt = performance.now()
    await gateway.close({ drainTimeout: 50 })
    expect(performance.now() - startedAt).toBeLessThan(900)
    await vi.waitFor(() => expect(read()).toMatchObject({ failed: 2, inFlight: 0, bytes: 0, dropped: { brokenOff: 1 } }))
  })
})

it('memory stays flat when every body is copied for a mirror that hangs', { timeout: 30_000 }, async () => {
  const shadow = await startDeaf()
  const { port, mirror } = await startMirrored(shadow.port, { methods: ['POST'] })
  const body = Buffer.alloc(65_536, 'x')
  const options = { method: 'POST', body, headers: { 'Content-Length': '65536' } }
  const burst = () => Promise.all(Array.from({ length: 100 }, () => send(port, '/', options)))
  await burst()
  const { inFlight, bytes, dropped } = mirror()
  expect({ inFlight, bytes }).toEqual({ inFlight: 64, bytes: 64 * 65_536 })
  expect(dropped.inFlight).toBe(100 - 64)
  collectGarbage()
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 3; i++) await burst()
  expect(mirror()).toMatchObject({ inFlight: 64, bytes: 64 * 65_536 })
  collectGarbage()
  // 300 bodies that were kept would be 20 MB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
})
