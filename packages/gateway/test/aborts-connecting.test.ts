import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { send, startProxy } from './harness.js'
import { watchedLeases } from './leases.js'
import { closedPort, startRawUpstream } from './raw-http.js'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const watched = { loadBalancingStrategy: 'watched' }

/** With a clock that the test moves, a call is given up before the loop's next turn, in which its connection is made. */
describe('a call that is given up while it waits for a connection', () => {
  it('is not sent, and the next gets a connection of its own', async () => {
    const leases = watchedLeases()
    const clock = new FakeClock()
    const upstream = await startRawUpstream((socket) => socket.write(ok))
    const { gateway, port } = await startProxy([upstream.port], { serviceConfig: watched, trafficPolicy: { timeout: 50 } }, {}, { clock })
    const given = gateway.handleRequest({ method: 'GET', path: '/given-up' })
    await clock.advance(50)
    expect((await given).status).toBe(504)
    expect(leases.open).toBe(0)
    expect((await send(port, '/next')).text).toBe('ok')
    expect((await send(port, '/next')).text).toBe('ok')
    expect(upstream.sockets.filter((socket) => !socket.destroyed)).toHaveLength(1)
    expect(upstream.received.join('')).not.toContain('given-up')
    expect(leases.outcomes).toEqual(['failure', 'success', 'success'])
  })

  it('is tried elsewhere, whatever its method, with the body it still has', async () => {
    watchedLeases()
    const clock = new FakeClock()
    const slow = await startRawUpstream((socket) => socket.write(ok))
    let body = ''
    const good = await startRawUpstream(() => undefined)
    const { port } = await startProxy(
      [slow.port, good.port],
      { serviceConfig: watched, trafficPolicy: { attemptTimeout: 50 } },
      {},
      { clock },
    )
    const size = 300_000
    const posted = send(port, '/', { method: 'POST', headers: { 'Content-Length': String(size) }, body: Buffer.alloc(size, 'x') })
    // The request has arrived when its attempt has set its timer.
    await vi.waitFor(
      async () => {
        await clock.advance(50)
        expect(good.sockets).toHaveLength(1)
      },
      { interval: 0 },
    )
    await vi.waitFor(() => {
      body = good.received[0]?.split('\r\n\r\n')[1] ?? ''
      expect(body.length).toBe(size)
    })
    good.sockets[0]?.write(ok)
    expect((await posted).text).toBe('ok')
    expect(slow.received.join('')).toBe('')
  })

  it('ends like any other when the connection is refused afterwards', async () => {
    const leases = watchedLeases()
    const clock = new FakeClock()
    const { gateway } = await startProxy([await closedPort()], { serviceConfig: watched, trafficPolicy: { timeout: 50 } }, {}, { clock })
    const given = gateway.handleRequest({ method: 'GET', path: '/' })
    await clock.advance(50)
    expect((await given).status).toBe(504)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(leases.outcomes).toEqual(['failure'])
  })
})
