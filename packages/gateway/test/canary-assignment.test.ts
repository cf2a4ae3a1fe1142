import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { once } from 'node:events'
import { createServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { createGatewayHandler, type GatewayRouteDefinition } from '../src/index.js'
import { allToStable, type CanarySetUp, startCanary } from './canaries.js'
import { authority, localServer } from './certificates.js'
import { afterTest, send, startUpstream } from './harness.js'
import { rawClient, startRawUpstream } from './raw-http.js'

async function start(setUp: CanarySetUp = {}) {
  const service = (name: string) =>
    startUpstream((_request, response) => response.writeHead(200, { 'Set-Cookie': ['theirs=1', 'more=2'] }).end(name))
  const [stable, canary] = [await service('stable'), await service('canary')]
  return startCanary({ stable: [stable.port], canary: [canary.port], random: new SeededRandom(1), ...setUp })
}

const hundred = Array.from({ length: 100 }, (_, i) => `user-${i}`)

describe('a request’s key', () => {
  it('keeps its arm, at every gateway, and moves to the canary alone as the weight rises', async () => {
    const config = { stickyBy: { header: 'X-User' } }
    const [first, second] = [await start({ config }), await start({ config })]
    const armsAt = async (port: number) =>
      Promise.all(hundred.map(async (user) => (await send(port, '/', { headers: { 'x-user': user } })).text))
    const before = await armsAt(first.port)
    expect(await armsAt(second.port)).toEqual(before)
    expect(before.filter((arm) => arm === 'canary').length).toBeGreaterThan(30)
    first.engine.promote()
    const after = await armsAt(first.port)
    expect(before.filter((arm, i) => arm === 'canary' && after[i] === 'stable')).toEqual([])
    expect(after.filter((arm) => arm === 'canary').length).toBeGreaterThan(60)
  })

  it('is the client’s address, as far as proxies are trusted', async () => {
    const { port } = await start({ config: { stickyBy: 'ip' }, gateway: { trustedProxies: ['127.0.0.1'] } })
    const from = async (ip: string) => (await send(port, '/', { headers: { 'X-Forwarded-For': ip } })).text
    const arms = await Promise.all(hundred.map((_user, i) => from(`2001:db8:0:${i}::1`)))
    expect(await Promise.all(hundred.map((_user, i) => from(`2001:db8:0:${i}:ffff::2`)))).toEqual(arms)
    expect(new Set(arms)).toEqual(new Set(['stable', 'canary']))
  })
})

describe('a cookie that the gateway gives', () => {
  const config = { stickyBy: { cookie: 'arm', issue: true } }

  it('stands beside the service’s own, and brings its client back to the same arm', async () => {
    const { port } = await start({ config })
    for (let i = 0; i < 10; i++) {
      const { text, headers } = await send(port, '/')
      const [theirs, more, own = ''] = headers['set-cookie'] ?? []
      expect([theirs, more]).toEqual(['theirs=1', 'more=2'])
      expect(own).toMatch(/^arm=[0-9a-f]{16}; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/)
      const [cookie = ''] = own.split(';')
      const again = await send(port, '/', { headers: { Cookie: `a=b; ${cookie}` } })
      expect([again.text, again.headers['set-cookie']]).toEqual([text, ['theirs=1', 'more=2']])
    }
  })

  it('is for https alone where the client came by it', async () => {
    const { gateway } = await start({ config })
    const server = createServer(localServer, createGatewayHandler(gateway)).listen(0, '127.0.0.1')
    afterTest(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const cookies = await new Promise<string[]>((resolve, reject) => {
      httpsRequest({ host: '127.0.0.1', port, ca: authority, agent: false }, (response) => {
        response.resume()
        resolve(response.headers['set-cookie'] ?? [])
      })
        .on('error', reject)
        .end()
    })
    expect(cookies.at(-1)).toMatch(/^arm=.*; SameSite=Lax; Secure$/)
  })

  it('is given to nobody once the canary is over, nor with a version that was asked for', async () => {
    const versionRoute = { strategy: 'header', defaultVersion: '1', routes: { '1': { weight: 100 }, '2': { weight: 0 } } } as const
    const { port, engine } = await start({ config, route: { versionRoute } })
    expect((await send(port, '/', { headers: { 'X-API-Version': '1' } })).headers['set-cookie']).toHaveLength(2)
    expect((await send(port, '/')).headers['set-cookie']).toHaveLength(3)
    engine.rollback()
    expect((await send(port, '/')).headers['set-cookie']).toHaveLength(2)
  })
})

describe('a tester', () => {
  const config = { override: { header: 'X-Arm', cookie: 'arm' } }

  it.each([
    [{ 'X-Arm': 'canary' }, 'canary'],
    [{ 'X-Arm': '2' }, 'canary'],
    [{ Cookie: 'arm=canary' }, 'canary'],
    [{ 'X-Arm': 'stable', Cookie: 'arm=canary' }, 'stable'],
    [{ 'X-Arm': '3' }, 'stable'],
    [{}, 'stable'],
  ])('with %j gets %s', async (headers, arm) => {
    const { port } = await start({ config, random: allToStable })
    expect((await send(port, '/', { headers })).text).toBe(arm)
  })

  it('gets stable after a rollback', async () => {
    const { port, engine } = await start({ config })
    engine.rollback()
    expect((await send(port, '/', { headers: { 'X-Arm': 'canary' } })).text).toBe('stable')
  })
})

describe('explain() says why', () => {
  const ask = { method: 'GET', path: '/', headers: { Host: 'a', 'X-User': 'alice', 'X-Arm': 'canary' } }

  it.each([
    ['override', { override: { header: 'X-Arm' } }, 'canary: canary, by override, at 50 % (ACTIVE)'],
    ['key', { stickyBy: { header: 'X-User' } }, /^canary: (stable|canary), by key, at 50 % \(ACTIVE\)$/m],
    ['chance', {}, /^canary: (stable|canary), by chance, at 50 % \(ACTIVE\)$/m],
  ])('%s', async (chosenBy, config, text) => {
    const { gateway, records, diverted } = await start({ config })
    const told = await gateway.explain(ask)
    expect(told.canary).toMatchObject({ chosenBy, diverted: false, fallsBack: false, weight: 50, state: 'ACTIVE' })
    expect(String(told)).toMatch(text)
    expect([records, diverted()]).toEqual([[], 0])
  })

  it('that the canary can’t serve, without telling the canary', async () => {
    const { gateway, diverted } = await startCanary({ config: { override: { header: 'X-Arm' } } })
    const told = await gateway.explain(ask)
    expect(told.canary).toMatchObject({ arm: 'stable', chosenBy: 'override', diverted: true })
    expect(String(told)).toContain("canary: stable in place of the canary, which can't serve, by override, at 50 % (ACTIVE)")
    expect(diverted()).toBe(0)
  })

  it('what falls back, for which a body is kept', async () => {
    const { gateway } = await start({ config: { fallbackToStable: true, override: { header: 'X-Arm' } }, random: { next: () => 0 } })
    const put = { method: 'PUT', path: '/', headers: { Host: 'a', 'Content-Length': '5' } }
    const told = await gateway.explain(put)
    expect([told.canary?.fallsBack, told.body?.kept]).toEqual([true, 'whole'])
    expect(String(told)).toContain('canary: canary, by chance, at 50 % (ACTIVE), falls back to stable')
    const stable = await gateway.explain({ ...put, headers: { ...put.headers, 'X-Arm': 'stable' } })
    expect([stable.canary?.fallsBack, stable.body?.kept]).toEqual([false, 'no'])
  })
})

describe('the time of a request, as the canary counts it, ends with the answer’s head', () => {
  it.each([
    ['a body that takes long', 'HTTP/1.1 200 OK\r\n\r\nsome', 'success'],
    ['an event stream', 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n', 'success'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi', 'success'],
  ])('%s', async (what, head, outcome) => {
    const clock = new FakeClock()
    const upstream = await startRawUpstream(() => undefined)
    const route: Partial<GatewayRouteDefinition> = { trafficPolicy: { timeout: '1h' } }
    const running = await startCanary({
      canary: [upstream.port],
      route,
      gateway: { upstream: { idleTimeout: '1h' } },
      dependencies: { clock },
    })
    const client = await rawClient(running.port)
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n${what === 'an upgrade' ? 'Connection: Upgrade\r\nUpgrade: websocket\r\n' : ''}\r\n`)
    await vi.waitFor(() => expect(upstream.received[0]).toContain('\r\n\r\n'))
    await clock.advance(30)
    upstream.sockets[0]?.write(head)
    await client.until(/some|data|hi/)
    await clock.advance(3_000)
    upstream.sockets[0]?.end()
    await vi.waitFor(() => expect(running.records).toMatchObject([{ outcome, ms: 30 }]))
  })
})
