import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request, type RequestOptions } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { afterTest, MemoryRegistryBackend, recordingLogger, register, send, startGateway, startProxy, startUpstream } from './harness.js'

/** The default of `outlierDetection.consecutiveFailures`. */
const defaultConsecutiveFailures = 5

const well = () => startUpstream((_request, response) => response.end('well'))
const ill = () => startUpstream((_request, response) => response.writeHead(500).end())

async function statuses(port: number, calls: number): Promise<number[]> {
  const answers: number[] = []
  for (let call = 0; call < calls; call++) answers.push((await send(port, '/')).status)
  return answers
}

describe('an instance behind the gateway whose calls fail', () => {
  it('is ejected, and the others serve', async () => {
    const dying = await ill()
    const { gateway, port } = await startProxy([dying.port, (await well()).port, (await well()).port])
    const ejected: number[] = []
    gateway.getDiscoveryClient().on('ejected', ({ instance }) => ejected.push(instance.port))
    const failed = (await statuses(port, 30)).filter((status) => status === 500)
    expect(ejected).toEqual([dying.port])
    expect(failed).toHaveLength(defaultConsecutiveFailures)
    expect(await statuses(port, 9)).toEqual(Array(9).fill(200))
  })

  it('that has died is ejected without any client noticing', async () => {
    const dying = await well()
    const { gateway, port } = await startProxy([dying.port, (await well()).port, (await well()).port])
    const ejected: number[] = []
    gateway.getDiscoveryClient().on('ejected', ({ instance }) => ejected.push(instance.port))
    await statuses(port, 6)
    dying.server.close()
    dying.server.closeAllConnections()
    await once(dying.server, 'close')
    const all = await statuses(port, 30)
    expect(ejected).toEqual([dying.port])
    expect(all.filter((status) => status !== 200).length).toBeLessThanOrEqual(1) // a connection that was kept alive
  })
})

describe('an instance that failed twice and is well again', () => {
  it('gets its share of calls while streams are open on it', async () => {
    const served = [0, 0]
    const start = (index: number) => {
      let failures = index === 0 ? 2 : 0
      return startUpstream(({ url }, response) => {
        if (url === '/events') response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
        else if (failures-- > 0) response.writeHead(500).end()
        else response.end(String(served[index]!++))
      })
    }
    const { port } = await startProxy([(await start(0)).port, (await start(1)).port])
    for (let stream = 0; stream < 2; stream++) {
      const call = request({ host: '127.0.0.1', port, path: '/events', agent: false }).end()
      afterTest(() => call.destroy())
      const [events] = (await once(call, 'response')) as [IncomingMessage]
      events.on('error', () => undefined).resume()
    }
    expect((await statuses(port, 24)).filter((status) => status === 500)).toHaveLength(2)
    expect(Math.min(...served)).toBeGreaterThanOrEqual(8)
  })
})

const canaryOf = (weight: number) => ({
  stable: { version: 'v1', weight: 100 - weight },
  canary: { version: 'v2', weight },
  promotion: { strategy: 'error-rate', evaluationWindow: '5m', autoPromote: false, autoRollback: true, errorThreshold: 5 } as const,
})

async function startCanary(canaries: number, stables: number) {
  const backend = new MemoryRegistryBackend()
  const bad = await Promise.all(Array.from({ length: canaries }, ill))
  const good = await Promise.all(Array.from({ length: stables }, well))
  for (const { port } of bad) await register(backend, 'service', port, { metadata: { version: 'v2' } })
  for (const { port } of good) await register(backend, 'service', port, { metadata: { version: 'v1' } })
  const routes = [
    { path: '/split/**', serviceName: 'service', canary: canaryOf(50) },
    { path: '/all/**', serviceName: 'service' },
  ]
  const { gateway, port } = await startGateway({ routes }, backend)
  return { gateway, port, bad, good }
}

describe('a canary whose instances all fail', () => {
  it.each([1, 2])('keeps its share, so that every failure is counted for its judgement: %i of them', async (canaries) => {
    const { gateway, port, bad } = await startCanary(canaries, 4)
    const ejected: number[] = []
    gateway.getDiscoveryClient().on('ejected', ({ instance }) => ejected.push(instance.port))
    const answers: number[] = []
    for (let call = 0; call < 80; call++) answers.push((await send(port, '/split/')).status)
    const failed = answers.filter((status) => status === 500).length
    expect(bad.map((one) => one.port)).toEqual(expect.arrayContaining([ejected[0]]))
    expect(failed).toBeGreaterThan(20)
    expect(gateway.getCanaryEngine('/split/**')?.getMetrics()).toMatchObject({
      stable: { failureCalls: 0 },
      canary: { failureCalls: failed, totalCalls: failed },
    })
  })

  it('is spared on routes that may go anywhere, and gone after the rollback', async () => {
    const { gateway, port, bad } = await startCanary(1, 4)
    for (let call = 0; call < 40; call++) await send(port, '/split/')
    for (let call = 0; call < 10; call++) expect((await send(port, '/all/')).status).toBe(200)
    gateway.getCanaryEngine('/split/**')?.rollback()
    const before = bad[0]?.requests.length
    for (let call = 0; call < 10; call++) expect((await send(port, '/split/')).status).toBe(200)
    expect(bad[0]?.requests.length).toBe(before)
  })
})

/** More than the sockets on the way hold. */
const much = Buffer.alloc(16 * 1024 * 1024)

describe('a client that is slow', { timeout: 15_000, retry: 3 }, () => {
  /** Makes calls whose time runs out, and tells who was ejected for it, and what the log calls it. */
  async function tooLong(handler: Parameters<typeof startUpstream>[0], options: RequestOptions, begin: (call: ClientRequest) => void) {
    const calls = 2 * defaultConsecutiveFailures + 2
    const ports = [(await startUpstream(handler)).port, (await startUpstream(handler)).port]
    const { logger, lines } = recordingLogger()
    const route = { trafficPolicy: { timeout: 1_000 } }
    const { gateway, port } = await startProxy(ports, route, { middleware: { logging: true } }, { logger })
    let ejected = 0
    gateway.getDiscoveryClient().on('ejected', () => ejected++)
    for (let made = 0; made < calls; made++) {
      const call = request({ host: '127.0.0.1', port, path: '/', agent: false, ...options })
      call.on('error', () => undefined)
      call.on('response', (response) => response.on('error', () => undefined))
      begin(call)
      afterTest(() => call.destroy())
    }
    await vi.waitFor(() => expect(lines).toHaveLength(calls), { timeout: 10_000 })
    const errors = new Set(lines.map(({ fields }) => String((fields as { error?: unknown }).error).replace(/:.*/, '')))
    return { ejected, errors: [...errors] }
  }

  const upload = { method: 'POST', headers: { 'content-length': much.length } }
  const hangs = () => undefined
  const slow = 'The client was too slow'

  it('to take its answers gets no instance ejected', async () => {
    const sendsMuch: Parameters<typeof startUpstream>[0] = (_request, response) => response.end(much)
    expect(await tooLong(sendsMuch, {}, (call) => call.end().on('response', () => undefined))).toEqual({ ejected: 0, errors: [slow] })
  })

  it('to send its body gets no instance ejected', async () => {
    const reads: Parameters<typeof startUpstream>[0] = (incoming, response) => incoming.resume().on('end', () => response.end())
    expect(await tooLong(reads, upload, (call) => call.write('a'))).toEqual({ ejected: 0, errors: [slow] })
  })

  it('is told so, where it can be', async () => {
    const { port } = await startProxy([(await startUpstream(hangs)).port], { trafficPolicy: { timeout: 100 } })
    const call = request({ host: '127.0.0.1', port, path: '/', agent: false, ...upload })
    call.on('error', () => undefined)
    call.write('a')
    const [response] = (await once(call, 'response')) as [IncomingMessage]
    expect([response.statusCode, response.headers.connection]).toEqual([408, 'close'])
    call.destroy()
  })

  it('is told from an instance that reads no body', async () => {
    expect(await tooLong(hangs, upload, (call) => call.end(much))).toMatchObject({ ejected: 1 })
  })

  it('is told from an instance that does not answer', async () => {
    expect(await tooLong(hangs, {}, (call) => call.end())).toMatchObject({ ejected: 1 })
  })

  it('is told from an instance that stops in the middle of its answer', async () => {
    const stops: Parameters<typeof startUpstream>[0] = (_request, response) => response.writeHead(200).write('some')
    expect(await tooLong(stops, {}, (call) => call.end().on('response', (response) => response.resume()))).toMatchObject({ ejected: 1 })
  })
})

describe('an instance whose registered address is none', () => {
  it.each(['user@127.0.0.1', '127.0.0.1/path', '127.0.0.1?', 'no host'])('gets no calls, and no client is blamed: %s', async (host) => {
    const backend = new MemoryRegistryBackend()
    const good = await well()
    await register(backend, 'service', good.port)
    await backend.register({
      id: 'bad',
      name: 'service',
      host,
      port: good.port,
      protocol: 'http',
      metadata: {},
      tags: [],
      status: 'UP',
      lastHeartbeat: Date.now(),
      registeredAt: 1,
    })
    const { port } = await startGateway({ routes: [{ path: '/**', serviceName: 'service' }] }, backend)
    expect(await statuses(port, 10)).toEqual(Array(10).fill(200))
    expect(good.requests).toHaveLength(10)
  })
})
