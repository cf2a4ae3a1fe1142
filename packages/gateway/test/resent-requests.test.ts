import { describe, expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { send, startProxy, startUpstream } from './harness.js'
import { watchedLeases } from './leases.js'
import { rawClient, startRawUpstream } from './raw-http.js'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** A service that answers once on its first connection, closes that at the second request, and is silent on every other one. */
async function silentAfterStale(route: Partial<GatewayRouteDefinition> = {}) {
  const leases = watchedLeases()
  const upstream = await startRawUpstream((socket, _head, count) => {
    if (count === 0) socket.write(ok)
    else if (count === 1) socket.destroy()
  })
  const proxy = await startProxy([upstream.port], { serviceConfig: { loadBalancingStrategy: 'watched' }, ...route })
  expect((await send(proxy.port, '/')).text).toBe('ok')
  const sentAgain = () => vi.waitFor(() => expect(upstream.received[1]).toContain('\r\n\r\n'))
  const over = async (outcome: string) => {
    await vi.waitFor(() => expect(upstream.sockets[1]?.destroyed).toBe(true))
    expect([leases.open, leases.outcomes]).toEqual([0, ['success', outcome]])
  }
  return { ...proxy, upstream, sentAgain, over }
}

describe('a request that was sent again', () => {
  it('has no more time than any other: the attempt began with the first', async () => {
    const { port, sentAgain, over } = await silentAfterStale({ trafficPolicy: { attemptTimeout: 300 } })
    const answer = send(port, '/again')
    await sentAgain()
    expect((await answer).status).toBe(504)
    await over('failure')
  })

  it('is given up with its client', async () => {
    const { port, sentAgain, over } = await silentAfterStale()
    const client = await rawClient(port)
    client.write('GET /again HTTP/1.1\r\nHost: a\r\n\r\n')
    await sentAgain()
    client.socket.destroy()
    await over('ignored')
  })

  it('is cut with its gateway', async () => {
    const { port, sentAgain, gateway, upstream } = await silentAfterStale()
    const answer = send(port, '/again').catch(() => 'cut')
    await sentAgain()
    gateway.stop()
    expect(await answer).toBe('cut')
    await vi.waitFor(() => expect(upstream.sockets[1]?.destroyed).toBe(true))
    expect(upstream.sockets).toHaveLength(2)
  })

  it('goes to another instance, on a route without retries too, where its own is gone by now', async () => {
    const leases = watchedLeases()
    const leaving = await startUpstream(({ url, socket }, response) => {
      if (url === '/') return response.end('ok')
      leaving.server.close()
      return socket.destroy()
    })
    const staying = await startUpstream((_request, response) => response.end('elsewhere'))
    const route = { serviceConfig: { loadBalancingStrategy: 'watched' } }
    const { port } = await startProxy([leaving.port, staying.port], route)
    expect((await send(port, '/')).text).toBe('ok')
    expect(await send(port, '/again')).toMatchObject({ status: 200, text: 'elsewhere' })
    expect([leases.open, leases.outcomes]).toEqual([0, ['success', 'failure', 'success']])
  })
})
