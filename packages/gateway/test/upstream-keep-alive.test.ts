import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayConfig, GatewayRouteDefinition } from '../src/index.js'
import { send, startProxy } from './harness.js'
import { startRawUpstream } from './raw-http.js'

const ok = (fields = '') => `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${fields}\r\nok`

async function setUp(
  upstream: NonNullable<GatewayConfig['upstream']>,
  fields = '',
  route: Partial<GatewayRouteDefinition> = {},
  onHead: (socket: Socket) => unknown = (socket) => socket.write(ok(fields)),
) {
  const service = await startRawUpstream(onHead)
  const proxy = await startProxy([service.port], route, { upstream })
  const closedAfter = async () => {
    const [socket] = service.sockets
    const from = process.hrtime.bigint()
    if (socket?.destroyed === false) await new Promise((resolve) => socket.resume().once('close', resolve))
    return Number(process.hrtime.bigint() - from) / 1e6
  }
  return { ...proxy, service, closedAfter }
}

describe('upstream.keepAlive', () => {
  it('is how long an idle connection serves the next request, and then it is closed', async () => {
    const { port, service, closedAfter } = await setUp({ keepAlive: '400ms' })
    for (let count = 0; count < 3; count++) expect((await send(port, '/')).text).toBe('ok')
    expect(service.sockets).toHaveLength(1)
    const ms = await closedAfter()
    expect(ms).toBeGreaterThan(150)
    expect(ms).toBeLessThan(3_000)
    expect((await send(port, '/')).text).toBe('ok')
    expect(service.sockets).toHaveLength(2)
  })

  it('gives way to a shorter time that the instance asks for', async () => {
    const { port, closedAfter } = await setUp({ keepAlive: '60s' }, 'Keep-Alive: timeout=2\r\n')
    await send(port, '/')
    expect(await closedAfter()).toBeLessThan(2_100) // before the instance closes it, not after
  })

  it('does not give way to a longer one', async () => {
    const { port, closedAfter } = await setUp({ keepAlive: '300ms' }, 'Keep-Alive: timeout=60\r\n')
    await send(port, '/')
    expect(await closedAfter()).toBeLessThan(3_000)
  })

  it('does not keep a connection that the instance says it closes', async () => {
    const { port, service, closedAfter } = await setUp({ keepAlive: '60s' }, 'Connection: close\r\n')
    await send(port, '/')
    expect(await closedAfter()).toBeLessThan(3_000)
    await send(port, '/')
    expect(service.sockets).toHaveLength(2)
  })
})

describe('a connection that the instance closed while it was idle', () => {
  const post = { method: 'POST', body: 'x'.repeat(2_000), headers: { 'Content-Length': '2000' } }

  it.each(['end', 'destroy', 'resetAndDestroy'] as const)('gets no further request (%s)', async (close) => {
    const { port, service } = await setUp({}, '', {}, (socket) => socket.write(ok()))
    for (let count = 1; count <= 20; count++) {
      expect((await send(port, '/', post)).status).toBe(200)
      expect(service.sockets).toHaveLength(count)
      service.sockets[count - 1]?.[close]()
      await wait(10)
    }
  })

  it('at the moment of the next POST: that is answered, or 502 and never sent twice', async () => {
    const statuses = new Set<number>()
    const { port, service } = await setUp({}, '', {}, (socket) => {
      socket.write(ok(), () => setImmediate(() => socket.destroy()))
    })
    for (let count = 0; count < 60; count++) statuses.add((await send(port, `/${count}`, post)).status)
    expect([...statuses].filter((status) => status !== 502)).toEqual([200])
    const received = service.received.join('')
    for (let count = 0; count < 60; count++) expect(received.split(`POST /${count} HTTP`).length).toBeLessThanOrEqual(2)
  })

  it('at the moment of the next GET: where the route retries, its client sees nothing of it', async () => {
    const { port } = await setUp({}, '', { trafficPolicy: { retry: { maxAttempts: 3, backoff: 'fixed', baseDelay: 0 } } }, (socket) => {
      socket.write(ok(), () => setImmediate(() => socket.destroy()))
    })
    for (let count = 0; count < 60; count++) expect((await send(port, '/')).text).toBe('ok')
  })
})

describe('upstream.idleTimeout', () => {
  it('is for the silence between two chunks, not for the whole of a body', async () => {
    const { port } = await setUp({ idleTimeout: '1500ms' }, '', {}, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n')
      void (async () => {
        for (const char of 'slow!') {
          await wait(500)
          socket.write(char)
        }
      })()
    })
    expect((await send(port, '/')).text).toBe('slow!')
  })

  it('cuts an answer that falls silent', async () => {
    const { port, service } = await setUp({ idleTimeout: '300ms' }, '', {}, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nha')
    })
    await expect(send(port, '/')).rejects.toThrow()
    await vi.waitFor(() => expect(service.sockets[0]?.destroyed).toBe(true))
  })

  it('gives up on an instance that never answers', async () => {
    const { port, service } = await setUp({ idleTimeout: '300ms' }, '', {}, () => undefined)
    expect(await send(port, '/')).toMatchObject({ status: 504, text: expect.stringContaining('UPSTREAM_TIMEOUT') as string })
    await vi.waitFor(() => expect(service.sockets[0]?.destroyed).toBe(true))
  })
})
