import type { ServerResponse } from 'node:http'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { idleGraceMs } from '../src/http/listener.js'
import { createGatewayHandler } from '../src/index.js'
import { send, startProxy, startUpstream } from './harness.js'
import { fieldLines, fieldValues, rawClient } from './raw-http.js'

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** A proxy whose service answers when the test says so. */
async function held() {
  const waiting: ServerResponse[] = []
  const upstream = await startUpstream((_request, response) => waiting.push(response))
  const clock = new FakeClock()
  const proxy = await startProxy([upstream.port], {}, {}, { clock })
  const arrived = (count: number) => vi.waitFor(() => expect(waiting).toHaveLength(count))
  return { ...proxy, clock, upstream, waiting, arrived }
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

  it('does not wait for a connection whose answer had begun, once it is complete and nothing more comes', async () => {
    const { gateway, port, clock, waiting, arrived } = await held()
    const client = await rawClient(port)
    client.write(get)
    await arrived(1)
    waiting[0]?.writeHead(200, { 'Content-Length': '8' }).write('half')
    await client.until('half')
    const closed = gateway.close({ drainTimeout: '10s' })
    waiting[0]?.end('full')
    await client.until('halffull')
    await clock.advance(idleGraceMs)
    await clock.advance(idleGraceMs)
    await closed
    expect(await client.closed).toBe('end')
  })

  it('leaves idle connections a moment, in which a request gets an answer that ends its connection', async () => {
    const { gateway, port, clock, waiting, arrived } = await held()
    const [late, never, unused] = [await rawClient(port), await rawClient(port), await rawClient(port)]
    for (const [count, client] of [late, never].entries()) {
      client.write(get)
      await arrived(count + 1)
      waiting[count]?.end('first')
      await client.until('first')
    }
    await vi.waitFor(async () => expect((await send(port, '/none', { method: 'TRACE' })).status).toBe(501)) // so it was accepted
    const closed = gateway.close()
    await clock.advance(idleGraceMs - 1)
    late.write(get)
    await arrived(3)
    await clock.advance(1)
    expect([await never.closed, await unused.closed]).toEqual(['end', 'end'])
    waiting[2]?.end('second')
    await late.until('second')
    expect(fieldValues(fieldLines(late.received.slice(late.received.indexOf('first'))), 'connection')).toEqual(['close'])
    await closed
    expect(await late.closed).toBe('end')
  })

  it('does not end a connection on which a request has begun to come', async () => {
    const { gateway, port, clock, waiting, arrived } = await held()
    const client = await rawClient(port)
    await vi.waitFor(async () => expect((await send(port, '/none', { method: 'TRACE' })).status).toBe(501))
    const closed = gateway.close()
    client.write(get.slice(0, 20))
    await new Promise((resolve) => setTimeout(resolve, 50)) // until it is there: nothing tells
    await clock.advance(idleGraceMs)
    client.write(get.slice(20))
    await arrived(1)
    waiting[0]?.end('served')
    await client.until('served')
    await closed
  })

  it('answers a connection that was told to stay, and sends its next request the moment its answer ends', async () => {
    const { gateway, port, waiting, arrived } = await held()
    const client = await rawClient(port)
    client.write(get)
    await arrived(1)
    waiting[0]?.writeHead(200, { 'Content-Length': '4' }).write('ha')
    await client.until('ha')
    const closed = gateway.close()
    waiting[0]?.end('lf')
    await client.until('half')
    client.write(get)
    await arrived(2)
    waiting[1]?.end('next')
    await client.until('next')
    await closed
    expect(await client.closed).toBe('end')
  })

  it('answers all requests of a pipeline', async () => {
    const { gateway, port, waiting, arrived } = await held()
    const client = await rawClient(port)
    client.write(get + get)
    await arrived(2)
    const closed = gateway.close()
    client.write(get)
    await arrived(3)
    for (const [number, response] of waiting.entries()) response.end(`answer ${number}`)
    await client.until('answer 2')
    expect(client.received.match(/^connection: .*$/gim)).toEqual(['Connection: keep-alive', 'Connection: keep-alive', 'Connection: close'])
    await closed
  })

  it('takes new connections for the accept grace, not ready, each for one request', async () => {
    const { gateway, port, clock, waiting, arrived } = await held()
    expect(gateway.isReady).toBe(true)
    const closed = gateway.close({ acceptGrace: '5s' })
    expect(gateway.isReady).toBe(false)
    await clock.advance(4_999)
    const client = await rawClient(port)
    client.write(get)
    await arrived(1)
    waiting[0]?.end('served')
    await client.until('served')
    expect(await client.closed).toBe('end')
    expect(await isSettled(closed)).toBe(false)
    await clock.advance(1)
    await closed
    await expect(send(port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('waits no longer than the accept grace and the drain together', async () => {
    const { gateway, port, clock, arrived } = await held()
    const client = await rawClient(port)
    client.write(get)
    await arrived(1)
    const closed = gateway.close({ acceptGrace: 500, drainTimeout: 2_000 })
    await clock.advance(2_499)
    expect(await isSettled(closed)).toBe(false)
    await clock.advance(1)
    await closed
    await client.closed
  })

  it('refuses durations that are none, and serves on', async () => {
    const { gateway, port } = await held()
    const bad = { acceptGrace: -1, drainTimeout: 'soon' } as never
    await expect(gateway.close(bad)).rejects.toMatchObject({ problems: [{ path: 'acceptGrace' }, { path: 'drainTimeout' }] })
    expect(gateway.isReady).toBe(true)
    expect((await send(port, '/', { method: 'TRACE' })).status).toBe(501)
  })

  it('cuts what is not done in time, at the service too', async () => {
    const { gateway, port, clock, upstream, arrived } = await held()
    const client = await rawClient(port)
    client.write(get)
    await arrived(1)
    const closed = gateway.close({ drainTimeout: 50 })
    await clock.advance(50)
    await closed
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

  it('does not wait for the accept grace of a close under way', async () => {
    const { gateway } = await held()
    const closed = gateway.close({ acceptGrace: '1h' })
    gateway.stop()
    await closed
    expect(gateway.isReady).toBe(false)
  })
})
