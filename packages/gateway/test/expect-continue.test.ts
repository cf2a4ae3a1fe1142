import { describe, expect, it } from 'vitest'
import { startProxy, startUpstream } from './harness.js'
import { closedPort, rawClient } from './raw-http.js'

const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n'
const limited = { limits: { maxBodyBytes: 10 } }

describe('Expect: 100-continue, for a body of unknown length under a limit', () => {
  it('is answered when an instance takes the body', async () => {
    const upstream = await startUpstream((request, response) => request.pipe(response))
    const { port } = await startProxy([upstream.port], {}, limited)
    const client = await rawClient(port)
    client.write(chunked)
    expect(await client.until('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    client.write('4\r\nlate\r\n0\r\n\r\n')
    await client.until(/200 OK[^]*late/)
  })

  it.each([
    { what: 'can be reached', route: {}, port: closedPort, status: 502 },
    { what: 'is known', route: { serviceName: 'nobody' }, port: closedPort, status: 503 },
  ])('is not where none $what', async ({ route, port: upstreamPort, status }) => {
    const { port } = await startProxy([await upstreamPort()], route, limited)
    const client = await rawClient(port)
    client.write(chunked)
    await client.until(`HTTP/1.1 ${status} `)
    expect(client.received).not.toContain('100 Continue')
  })
})

describe('another expectation', () => {
  it.each(['200-ok', '100-continue, 200-ok', ''])('%j is refused', async (value) => {
    const upstream = await startUpstream((_request, response) => response.end())
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write(`GET / HTTP/1.1\r\nHost: a\r\nExpect: ${value}\r\n\r\n`)
    await client.until(/^HTTP\/1.1 417 [^]*application\/problem\+json[^]*"code":"EXPECTATION_FAILED"/)
    expect(upstream.requests).toEqual([])
  })

  it('is none in HTTP/1.0', async () => {
    const upstream = await startUpstream((_request, response) => response.end('ok'))
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write('GET / HTTP/1.0\r\nExpect: 200-ok\r\n\r\n')
    await client.until(/^HTTP\/1.1 200 /)
  })
})
