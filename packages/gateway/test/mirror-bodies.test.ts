import { describe, expect, it, vi } from 'vitest'
import { send } from './harness.js'
import { startMirrored, startReader } from './mirrored.js'
import { rawClient } from './raw-http.js'

const methods = ['POST']

describe('a copy of a request with a body', () => {
  it('has the same body, whether its length is said or not, and goes when all of it has passed', async () => {
    const shadow = await startReader()
    const { port, mirror } = await startMirrored(shadow.port, { methods })
    await send(port, '/', { method: 'POST', body: 'said', headers: { 'Content-Length': '4' } })
    await vi.waitFor(() => expect(shadow.bodies).toEqual(['said']))
    const client = await rawClient(port)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nun-\r\n')
    client.write('4\r\nsaid\r\n')
    await vi.waitFor(() => expect(mirror().bytes).toBe(7))
    expect(shadow.requests).toHaveLength(1)
    client.write('0\r\n\r\n')
    await vi.waitFor(() => expect(shadow.bodies).toEqual(['said', 'un-said']))
    expect(shadow.requests[1]?.headers).toMatchObject({ 'content-length': '7', 'x-shadow': '1' })
    expect(shadow.requests[1]?.headers).not.toHaveProperty('transfer-encoding')
    await vi.waitFor(() => expect(mirror()).toMatchObject({ sent: 2, succeeded: 2, failed: 0, inFlight: 0, bytes: 0 }))
  })

  it('is a copy of a GET too, and of one without the bytes that it could have had', async () => {
    const shadow = await startReader()
    const { port } = await startMirrored(shadow.port, { methods: ['GET', 'POST'] })
    await send(port, '/', { method: 'GET', body: 'got', headers: { 'Content-Length': '3' } })
    await send(port, '/', { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } })
    await vi.waitFor(() => expect(shadow.bodies).toEqual(['got', '']))
  })

  it('has the body of the client, not that of the route’s functions', async () => {
    const shadow = await startReader()
    const transform = { request: { body: () => 'changed' } }
    const { port } = await startMirrored(shadow.port, { methods }, { trafficPolicy: { transform } })
    await send(port, '/', { method: 'POST', body: 'sent', headers: { 'Content-Length': '4' } })
    await vi.waitFor(() => expect(shadow.bodies).toEqual(['sent']))
  })

  it('comes without a socket, too', async () => {
    const shadow = await startReader()
    const { gateway } = await startMirrored(shadow.port, { methods })
    const answer = await gateway.handleRequest({ method: 'POST', path: '/', body: Buffer.from('given') })
    expect(answer.status).toBe(200)
    await vi.waitFor(() => expect(shadow.bodies).toEqual(['given']))
  })

  it('is the same where the body is kept for retries, limited, or sent again', async () => {
    const shadow = await startReader()
    let calls = 0
    const { port, primary } = await startMirrored(
      shadow.port,
      { methods: ['PUT'], maxBodyBytes: 200_000 },
      {
        primary: (request, response) => void request.resume().on('end', () => response.writeHead(calls++ === 0 ? 503 : 200).end()),
        trafficPolicy: { retry: { maxAttempts: 2, baseDelay: 1 }, maxBodyBytes: 1_000_000 },
      },
    )
    const long = 'x'.repeat(100_000)
    for (const body of ['short', long]) {
      await send(port, '/', { method: 'PUT', body, headers: { 'Transfer-Encoding': 'chunked' } })
      await vi.waitFor(() => expect(shadow.bodies.at(-1)).toBe(body))
    }
    expect([primary.requests.length, shadow.requests.length]).toEqual([3, 2])
  })
})

describe('a request with a body is not copied', () => {
  it('beyond maxBodyBytes, whether that is said or found out, and then nothing is kept', async () => {
    const shadow = await startReader()
    const { port, mirror } = await startMirrored(shadow.port, { methods, maxBodyBytes: 4 })
    await send(port, '/', { method: 'POST', body: '12345', headers: { 'Content-Length': '5' } })
    const client = await rawClient(port)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n')
    await vi.waitFor(() => expect(mirror().dropped.bytes).toBe(2))
    expect(mirror()).toMatchObject({ sent: 0, inFlight: 0, bytes: 0 })
    client.write('0\r\n\r\n')
    await client.until('primary')
    await send(port, '/', { method: 'POST', body: '1234', headers: { 'Content-Length': '4' } })
    await vi.waitFor(() => expect(shadow.bodies).toEqual(['1234']))
  })

  it('if its client leaves in the middle, or is refused, or its service answers before the end', async () => {
    const shadow = await startReader()
    const answer = { early: false }
    const { port, mirror } = await startMirrored(
      shadow.port,
      { methods },
      {
        primary: (request, response) => {
          request.resume()
          if (answer.early) response.end('early')
        },
        trafficPolicy: { maxBodyBytes: 100 },
      },
    )
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'
    const leaving = await rawClient(port)
    leaving.write(head)
    await vi.waitFor(() => expect(mirror()).toMatchObject({ inFlight: 1, bytes: 3 }))
    leaving.socket.destroy()
    await vi.waitFor(() => expect(mirror().dropped.brokenOff).toBe(1))
    const refused = await rawClient(port)
    refused.write(`${head}C8\r\n${'x'.repeat(200)}\r\n`)
    await refused.until('413 Payload Too Large')
    await vi.waitFor(() => expect(mirror().dropped.brokenOff).toBe(2))
    answer.early = true
    const early = await rawClient(port)
    early.write(head)
    await early.until('early')
    await vi.waitFor(() => expect(mirror().dropped.brokenOff).toBe(3))
    expect(mirror()).toMatchObject({ sent: 0, inFlight: 0, bytes: 0 })
    expect(shadow.requests).toHaveLength(0)
  })
})

it('a client that waits for 100 Continue gets it from who reads the body, and not from the mirror', async () => {
  const shadow = await startReader()
  const { port } = await startMirrored(shadow.port, { methods }, { trafficPolicy: { rateLimit: { max: 1, window: '1m' } } })
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n'
  const client = await rawClient(port)
  client.write(head)
  await client.until('100 Continue')
  expect(shadow.requests).toHaveLength(0)
  client.write('ok')
  await client.until('primary')
  await vi.waitFor(() => expect(shadow.bodies).toEqual(['ok']))
  expect(shadow.requests[0]?.headers).not.toHaveProperty('expect')
  const limited = await rawClient(port)
  limited.write(head)
  expect(await limited.until('429')).not.toContain('100 Continue')
})
