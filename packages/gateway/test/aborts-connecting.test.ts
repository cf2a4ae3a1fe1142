import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { send, startProxy } from './harness.js'
import { watchedLeases } from './leases.js'
import { startRawUpstream } from './raw-http.js'
import { startUnaccepting } from './unaccepting.js'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const watched = { loadBalancingStrategy: 'watched' }

describe('a call that is given up while it waits for a connection', () => {
  it('ends at once, and its lease with it', async () => {
    const leases = watchedLeases()
    const clock = new FakeClock()
    const { gateway } = await startProxy(
      [await startUnaccepting()],
      { serviceConfig: watched, trafficPolicy: { timeout: 50 } },
      {},
      { clock },
    )
    const given = gateway.handleRequest({ method: 'GET', path: '/' })
    await clock.advance(50)
    expect((await given).status).toBe(504)
    expect(leases.outcomes).toEqual(['failure'])
    expect(leases.open).toBe(0)
  })

  it('is tried elsewhere, whatever its method, with the body it still has', async () => {
    watchedLeases()
    const clock = new FakeClock()
    let body = ''
    const good = await startRawUpstream(() => undefined)
    const { port } = await startProxy(
      [await startUnaccepting(), good.port],
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
  })
})
