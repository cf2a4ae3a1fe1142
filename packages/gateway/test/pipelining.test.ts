import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { maxPipelined, maxServedAtOnce } from '../src/http/connection.js'
import { send, startProxy, startUpstream } from './harness.js'
import { rawClient } from './raw-http.js'

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const post = (path: string) => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody`

/** A service that answers when the test says so, with the path. */
async function held() {
  const waiting: ServerResponse[] = []
  const upstream = await startUpstream((request, response) => void request.resume().on('end', () => waiting.push(response)))
  const proxy = await startProxy([upstream.port])
  const arrived = (...paths: string[]) => vi.waitFor(() => expect(upstream.requests.map(({ url }) => url)).toEqual(paths))
  const answer = (index: number) => waiting[index]?.end(`<${String(upstream.requests[index]?.url)}>`)
  return { ...proxy, upstream, waiting, arrived, answer }
}

const bodies = (received: string) => [...received.matchAll(/<([^>]*)>/g)].map(([, path]) => path)

describe('requests that are sent without waiting for answers', () => {
  it('are served at once as long as they are safe, and answered in order', async () => {
    const { port, waiting, arrived, answer } = await held()
    const client = await rawClient(port)
    client.write(get('/1') + get('/2') + get('/3'))
    await arrived('/1', '/2', '/3')
    await vi.waitFor(() => expect(waiting).toHaveLength(3))
    answer(2)
    answer(1)
    expect((await send(port, '/', { method: 'TRACE' })).status).toBe(501)
    expect(client.received).toBe('')
    answer(0)
    await client.until('</3>')
    expect(bodies(client.received)).toEqual(['/1', '/2', '/3'])
  })

  it('wait for each other where one of them is not', async () => {
    const { port, waiting, arrived, answer } = await held()
    const client = await rawClient(port)
    client.write(get('/1') + post('/2') + get('/3') + get('/4'))
    await arrived('/1')
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    answer(0)
    await arrived('/1', '/2')
    await vi.waitFor(() => expect(waiting).toHaveLength(2))
    answer(1)
    await arrived('/1', '/2', '/3', '/4')
    await vi.waitFor(() => expect(waiting).toHaveLength(4))
    answer(2)
    answer(3)
    await client.until('</4>')
    expect(bodies(client.received)).toEqual(['/1', '/2', '/3', '/4'])
  })

  it('reach services a few at a time, however many they are', async () => {
    let atOnce = 0
    let most = 0
    const upstream = await startUpstream((request: IncomingMessage, response: ServerResponse) => {
      most = Math.max(most, ++atOnce)
      setImmediate(() => {
        atOnce--
        response.end(`<${String(request.url)}>`)
      })
    })
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    const count = 20 * maxPipelined
    client.write(Array.from({ length: count }, (_, index) => get(`/${index}`)).join(''))
    await client.until(`</${count - 1}>`)
    expect(bodies(client.received)).toEqual(Array.from({ length: count }, (_, index) => `/${index}`))
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(maxServedAtOnce)
  }, 20_000)

  it('end with a client that leaves: what is under way is called off, and what waits is never sent', async () => {
    const { port, upstream } = await held()
    const client = await rawClient(port)
    client.write(Array.from({ length: maxServedAtOnce + 3 }, (_, index) => get(`/${index}`)).join(''))
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(maxServedAtOnce))
    client.socket.destroy()
    for (const { socket } of upstream.requests) await vi.waitFor(() => expect(socket.destroyed).toBe(true))
    expect((await send(port, '/', { method: 'TRACE' })).status).toBe(501)
    expect(upstream.requests).toHaveLength(maxServedAtOnce)
  })

  it('are all answered before one that cannot be read', async () => {
    const { port, waiting, arrived, answer } = await held()
    const client = await rawClient(port)
    client.write(`${post('/1')}${get('/2')}NONSENSE\r\n\r\n`)
    await arrived('/1')
    client.write('more nonsense\r\n')
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    answer(0)
    await arrived('/1', '/2')
    await vi.waitFor(() => expect(waiting).toHaveLength(2))
    answer(1)
    expect(await client.closed).toBe('end')
    expect(bodies(client.received)).toEqual(['/1', '/2'])
  })

  it('are all answered before one whose body cannot be read, which no service sees', async () => {
    const { port, upstream, waiting, arrived, answer } = await held()
    const client = await rawClient(port)
    client.write(`${get('/1')}POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`)
    await arrived('/1')
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    answer(0)
    expect(await client.closed).toBe('end')
    expect(client.received).toMatch(/<\/1>HTTP\/1.1 400 [^]*"code":"INVALID_REQUEST"/)
    expect(upstream.requests).toHaveLength(1)
  })
})
