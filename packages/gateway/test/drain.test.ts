import { Agent } from 'node:http'
import type { ServerResponse } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { createGatewayHandler } from '../src/index.js'
import { send, startProxy, startUpstream } from './harness.js'
import { fieldLines, fieldValues, rawClient } from './raw-http.js'

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** A proxy whose service answers when the test says so. */
async function held(route: object = {}) {
  const waiting: ServerResponse[] = []
  const upstream = await startUpstream((_request, response) => waiting.push(response))
  const proxy = await startProxy([upstream.port], route)
  const arrived = (count: number) => vi.waitFor(() => expect(waiting).toHaveLength(count))
  return { ...proxy, upstream, waiting, arrived }
}

const isSettled = (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), new Promise<false>((resolve) => setTimeout(resolve, 20, false))])

describe('close', () => {
  it('lets a request finish, tells its client that the connection ends, and takes no new ones', async () => {
    const { gateway, port, waiting, arrived } = await held()
    const client = await rawClient(port)
    client.write(get)
    await arrived(1)
    const closed = gateway.close({ drainTimeout: '10s' })
    await expect(send(port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await isSettled(closed)).toBe(false)
    waiting[0]?.end('finished')
    const answer = await client.until('finished')
    expect(fieldValues(fieldLines(answer), 'connection')).toEqual(['close'])
    await closed
    expect(await client.closed).toBe('end')
  })

  it('does not wait for a connection whose answer had begun, once it is complete', async () => {
    const { gateway, port, waiting, arrived } = await held()
    const client = await rawClient(port)
    client.write(get)
    await arrived(1)
    waiting[0]?.writeHead(200, { 'Content-Length': '8' }).write('half')
    await client.until('half')
    const closed = gateway.close({ drainTimeout: '10s' })
    waiting[0]?.end('full')
    await client.until('halffull')
    await closed
    expect(await client.closed).toBe('end')
  })

  it('ends idle connections at once', async () => {
    const { gateway, port, waiting, arrived } = await held()
    const agent = new Agent({ keepAlive: true })
    const first = send(port, '/', { agent })
    await arrived(1)
    waiting[0]?.end('x')
    await first
    await gateway.close({ drainTimeout: '10s' })
    agent.destroy()
  })

  it('waits a moment for the first request of a connection', async () => {
    const { gateway, port, waiting, arrived } = await held()
    const late = await rawClient(port)
    const never = await rawClient(port)
    await vi.waitFor(async () => expect((await send(port, '/none', { method: 'TRACE' })).status).toBe(501))
    const closed = gateway.close({ drainTimeout: '10s' })
    late.write(get)
    await arrived(1)
    waiting[0]?.end('served')
    await late.until('served')
    await closed
    expect(never.received).toBe('')
  })

  it('cuts what is not done in time, at the service too', async () => {
    const { gateway, port, upstream, arrived } = await held()
    const client = await rawClient(port)
    client.write(get)
    await arrived(1)
    await gateway.close({ drainTimeout: 50 })
    await client.closed
    expect(client.received).toBe('')
    await vi.waitFor(() => expect(upstream.requests[0]?.socket.destroyed).toBe(true))
  })

  it('waits for requests that came through a handler or without a socket, also when it is called twice', async () => {
    const { gateway, waiting, arrived } = await held()
    const answer = gateway.handleRequest({ method: 'GET', path: '/' })
    await arrived(1)
    const closes = [gateway.close({ drainTimeout: '10s' }), gateway.close({ drainTimeout: '10s' })]
    expect(await isSettled(Promise.race(closes))).toBe(false)
    waiting[0]?.end('late')
    expect((await answer).body).toEqual(Buffer.from('late'))
    await Promise.all(closes)
    expect(createGatewayHandler(gateway)).toBeTypeOf('function')
  })
})

describe('stop', () => {
  it('cuts at once, on both sides', async () => {
    const { gateway, port, upstream, arrived } = await held()
    const client = await rawClient(port)
    client.write(get)
    const inProcess = gateway.handleRequest({ method: 'GET', path: '/' })
    await arrived(2)
    gateway.stop()
    await client.closed
    expect(client.received).toBe('')
    expect((await inProcess).status).toBeGreaterThanOrEqual(502)
    for (const { socket } of upstream.requests) await vi.waitFor(() => expect(socket.destroyed).toBe(true))
    gateway.stop()
    await gateway.close()
  })
})
