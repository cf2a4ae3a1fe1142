import { request as httpRequest } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { sendBytes } from './bytes.js'
import { startProxy, startUpstream } from './harness.js'
import { rawClient, startRawUpstream } from './raw-http.js'

const block = Buffer.alloc(65_536, 'x')
/** More than the sockets' and the streams' buffers on the way can hold. */
const endless = 256 * 1_048_576

/** What has moved when nothing moves any more. */
async function settled(read: () => number): Promise<number> {
  let last = -1
  await vi.waitFor(
    () => {
      const now = read()
      const same = now === last && now > 0
      last = now
      expect(same).toBe(true)
    },
    { interval: 60, timeout: 5_000 },
  )
  return last
}

describe('backpressure', () => {
  it('of a client that does not read stops the service', async () => {
    let produced = 0
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200)
      const more = () => {
        while (produced < endless) {
          produced += block.length
          if (!response.write(block)) return
        }
        response.end()
      }
      response.on('drain', more)
      more()
    })
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.socket.pause()
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const stopped = await settled(() => produced)
    expect(stopped).toBeLessThan(endless / 8)
    client.socket.resume()
    await vi.waitFor(() => expect(produced).toBeGreaterThan(stopped + 8 * 1_048_576), { timeout: 5_000 })
  })

  it('of a service that does not read stops the upload', async () => {
    const upstream = await startUpstream((request) => request.pause())
    const { port } = await startProxy([upstream.port])
    let taken = 0
    const request = httpRequest({ host: '127.0.0.1', port, method: 'POST', agent: false, headers: { 'Transfer-Encoding': 'chunked' } })
    request.on('error', () => undefined)
    const more = () => {
      while (taken < endless) {
        taken += block.length
        if (!request.write(block)) return
      }
    }
    request.on('drain', more)
    more()
    const stopped = await settled(() => taken)
    expect(stopped).toBeLessThan(endless / 8)
    upstream.requests[0]?.resume()
    await vi.waitFor(() => expect(taken).toBeGreaterThan(stopped + 8 * 1_048_576), { timeout: 5_000 })
    request.destroy()
  })

  it('pauses and resumes until everything arrived', async () => {
    const upstream = await startUpstream((_request, response) => response.end(Buffer.alloc(20 * 1_048_576, 'y')))
    const { port } = await startProxy([upstream.port])
    const { body } = await sendBytes(port, '/')
    expect(body.length).toBe(20 * 1_048_576)
    expect(body.every((byte) => byte === 0x79)).toBe(true)
  })
})

describe('an answer', () => {
  it('reaches the client chunk by chunk, before it ends', async () => {
    const upstream = await startRawUpstream(() => undefined)
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await vi.waitFor(() => expect(upstream.received[0]).toContain('\r\n\r\n'))
    const [socket] = upstream.sockets
    socket?.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n')
    await client.until('\r\n\r\n')
    socket?.write('abc')
    await client.until(/abc$/)
    socket?.write('def')
    await client.until(/abcdef$/)
  })

  it('sends the head of a chunked answer before its first chunk', async () => {
    const upstream = await startUpstream((_request, response) => response.writeHead(200).flushHeaders())
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await client.until('\r\n\r\n')).toContain('200 OK')
  })
})

describe('an event stream', () => {
  it('arrives event by event and outlives the total timeout, which holds for other answers', async () => {
    const upstream = await startUpstream((request, response) => {
      response.writeHead(200, { 'Content-Type': request.url === '/events' ? 'text/event-stream; charset=utf-8' : 'text/plain' })
      response.write('data: 1\n\n')
      if (request.url === '/late') setTimeout(() => response.end(), 1_000).unref()
    })
    const { gateway, port } = await startProxy([upstream.port], { trafficPolicy: { timeout: 60 } })
    const timeouts: string[] = []
    gateway.on('route:timeout', ({ path }) => timeouts.push(path))
    const events = await rawClient(port)
    events.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
    await events.until('data: 1\n\n')
    await expect(sendBytes(port, '/late')).rejects.toThrow()
    expect(timeouts).toEqual(['/late'])
    // The time of the event stream, which began first, is over by now.
    expect(upstream.requests[0]?.socket.destroyed).toBe(false)
    events.socket.destroy()
    await vi.waitFor(() => expect(upstream.requests[0]?.socket.destroyed).toBe(true))
  })
})
