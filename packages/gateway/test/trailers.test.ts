import { describe, expect, it } from 'vitest'
import type { TrafficPolicyConfig } from '../src/index.js'
import { startProxy } from './harness.js'
import { rawClient, startRawUpstream } from './raw-http.js'

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n'
const trailers = 'Server-Timing: db;dur=5\r\nX-Sum: 1\r\nX-Sum: 2\r\n'

async function answerTo(request: string, answer: string, trafficPolicy: TrafficPolicyConfig = {}): Promise<string> {
  const upstream = await startRawUpstream((socket) => socket.write(answer))
  const { port } = await startProxy([upstream.port], { trafficPolicy })
  const client = await rawClient(port)
  client.write(request)
  await client.closed
  return client.received
}

const asking = (te: string) => `GET / HTTP/1.1\r\nHost: a\r\n${te}Connection: close\r\n\r\n`

describe('trailers of an answer', () => {
  it.each(['TE: trailers\r\n', 'te: deflate;q=0.5, Trailers\r\n'])('go to a client that takes them (%j)', async (te) => {
    const received = await answerTo(asking(te), `${chunked}0\r\n${trailers}\r\n`)
    expect(received.split('\r\n\r\n4\r\n')[1]).toBe(`body\r\n0\r\n${trailers}\r\n`)
  })

  it.each(['', 'TE: deflate\r\n'])('go to no other (%j), whose body ends as well', async (te) => {
    const received = await answerTo(asking(te), `${chunked}0\r\n${trailers}\r\n`)
    expect(received.split('\r\n\r\n4\r\n')[1]).toBe('body\r\n0\r\n\r\n')
  })

  it('are no place for what frames, routes or authenticates', async () => {
    const bad = ['Host: x', 'Set-Cookie: a=1', 'Authorization: x', 'Content-Type: x', 'Trailer: x', 'Via: 1.1 x']
    const received = await answerTo(asking('TE: trailers\r\n'), `${chunked}0\r\n${bad.join('\r\n')}\r\nX-Ok: 1\r\n\r\n`)
    expect(received.split('\r\n\r\n4\r\n')[1]).toBe('body\r\n0\r\nX-Ok: 1\r\n\r\n')
  })

  it('have no more right to a name that the route removes or sets than fields have', async () => {
    const transform = { response: { remove: ['X-Internal'], set: { 'X-Zone': 'a' } } }
    const bad = 'x-internal: db-7\r\nX-ZONE: b\r\n'
    const received = await answerTo(asking('TE: trailers\r\n'), `${chunked}0\r\n${bad}X-Ok: 1\r\n\r\n`, { transform })
    expect(received.split('\r\n\r\n4\r\n')[1]).toBe('body\r\n0\r\nX-Ok: 1\r\n\r\n')
  })

  it('do not reach a client of HTTP/1.0, to which nothing is chunked', async () => {
    const received = await answerTo('GET / HTTP/1.0\r\nTE: trailers\r\n\r\n', `${chunked}0\r\n${trailers}\r\n`)
    expect(received).toMatch(/\r\n\r\nbody$/)
  })
})

describe('trailers of a request', () => {
  it('are dropped, and never become fields', async () => {
    const upstream = await startRawUpstream((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nbody\r\n0\r\nX-Admin: 1\r\n\r\n',
    )
    await client.closed
    expect(client.received).toMatch(/200 OK/)
    expect(upstream.received.join('')).not.toMatch(/x-admin/i)
  })
})
