import { describe, expect, it, vi } from 'vitest'
import { send, startProxy } from './harness.js'
import { watchedLeases } from './leases.js'
import { rawClient, startRawUpstream } from './raw-http.js'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** A service that answers the first request of each connection, and closes at the second: as if it had just been idle for too long. */
async function closingAtTheSecond(close: 'destroy' | 'resetAndDestroy' | 'end') {
  const leases = watchedLeases()
  const seen = new Set<unknown>()
  const upstream = await startRawUpstream((socket) => {
    if (seen.has(socket)) socket[close]()
    else socket.write(ok)
    seen.add(socket)
  })
  const { port, gateway } = await startProxy([upstream.port], { serviceConfig: { loadBalancingStrategy: 'watched' } })
  expect((await send(port, '/')).text).toBe('ok')
  return { upstream, port, gateway, leases }
}

describe('a connection that the instance closes while a request is on its way', () => {
  it.each(['destroy', 'resetAndDestroy', 'end'] as const)('is replaced, and the request sent again (%s)', async (close) => {
    const { upstream, port, gateway, leases } = await closingAtTheSecond(close)
    expect(await send(port, '/again')).toMatchObject({ status: 200, text: 'ok' })
    expect(upstream.received[0]).toMatch(/GET \/again /)
    expect(upstream.received[1]).toMatch(/GET \/again /)
    expect(leases.outcomes).toEqual(['success', 'success'])
    await vi.waitFor(() => expect(gateway.getMetrics().getSnapshot().aggregated.totalCalls).toBe(2))
  })

  it('fails a request that must not be sent twice', async () => {
    const { upstream, port, leases } = await closingAtTheSecond('destroy')
    expect((await send(port, '/again', { method: 'POST', body: 'x' })).status).toBe(502)
    expect(upstream.sockets).toHaveLength(1)
    expect(leases.outcomes).toEqual(['success', 'failure'])
  })

  it('fails a request whose body has gone with it', async () => {
    const { upstream, port } = await closingAtTheSecond('destroy')
    expect((await send(port, '/again', { method: 'PUT', body: 'x' })).status).toBe(502)
    expect(upstream.sockets).toHaveLength(1)
  })

  it('is not asked a third time', async () => {
    const upstream = await startRawUpstream((socket, _head, count) => (count === 0 ? socket.write(ok) : socket.destroy()))
    const { port } = await startProxy([upstream.port])
    expect((await send(port, '/')).text).toBe('ok')
    expect((await send(port, '/again')).status).toBe(502)
    expect(upstream.sockets).toHaveLength(2)
  })
})

it('an answer that nobody asked for ends the connection, and is never the next request’s', async () => {
  const upstream = await startRawUpstream((socket, _head, count) => {
    socket.write(ok)
    if (count === 0) setImmediate(() => socket.write(ok.replace('ok', 'no')))
  })
  const { port } = await startProxy([upstream.port])
  expect((await send(port, '/')).text).toBe('ok')
  await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
  expect((await send(port, '/')).text).toBe('ok')
})

it('an answer to HEAD that says a length ends the connection: what an instance sends all the same would be the next answer', async () => {
  const upstream = await startRawUpstream((socket, head) => socket.write(head.startsWith('HEAD') ? ok.slice(0, -2) : ok))
  const { port } = await startProxy([upstream.port])
  const client = await rawClient(port)
  client.write('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(await client.until('\r\n\r\n')).toContain('Content-Length: 2\r\n')
  await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
  expect((await send(port, '/')).text).toBe('ok')
})
