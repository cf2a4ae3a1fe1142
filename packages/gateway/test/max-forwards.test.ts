import { describe, expect, it } from 'vitest'
import { send, startProxy, startUpstream } from './harness.js'
import { fieldLines, fieldValues } from './raw-http.js'
import { closing, overTheWire } from './wire.js'

const options = (value: string) => closing(`Max-Forwards: ${value}\r\n`, 'OPTIONS / HTTP/1.1')

describe('Max-Forwards', () => {
  it.each([
    ['1', '0'],
    ['10', '9'],
    ['007', '6'],
    ['9'.repeat(400), '9007199254740990'],
  ])('of OPTIONS is one less at the service: %s', async (value, left) => {
    const { sent } = await overTheWire(options(value))
    expect(fieldValues(fieldLines(sent), 'max-forwards')).toEqual([left])
  })

  it('of 0 ends OPTIONS at the gateway, which says what the route serves', async () => {
    const { sent, got } = await overTheWire(options('0'), { route: { methods: ['GET', 'OPTIONS'] } })
    expect(sent).toBe('')
    expect(got).toMatch(/^HTTP\/1\.1 204 No Content\r\n[^]*\r\n\r\n$/)
    expect(fieldValues(fieldLines(got), 'allow')).toEqual(['GET, OPTIONS'])
  })

  it('of 0 has no Allow from a route that serves every method, and leaves nothing of a body unread', async () => {
    const { sent, got } = await overTheWire('OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nContent-Length: 100\r\n\r\nbegin')
    expect(sent).toBe('')
    expect(fieldValues(fieldLines(got), 'allow')).toEqual([])
    expect(fieldValues(fieldLines(got), 'connection')).toEqual(['close'])
  })

  it.each(['-1', 'many', ''])('that is no number is passed on as it is: "%s"', async (value) => {
    const { sent } = await overTheWire(options(value))
    expect(fieldValues(fieldLines(sent), 'max-forwards')).toEqual([value])
  })

  it('means nothing to any other method', async () => {
    const { sent } = await overTheWire(closing('Max-Forwards: 0\r\n'))
    expect(fieldValues(fieldLines(sent), 'max-forwards')).toEqual(['0'])
  })

  it('answers without a socket, too, and is explained', async () => {
    const upstream = await startUpstream((_request, response) => response.end())
    const { gateway, port } = await startProxy([upstream.port])
    const request = { method: 'OPTIONS', path: '/', headers: { 'Max-Forwards': '0' } }
    expect((await gateway.handleRequest(request)).status).toBe(204)
    expect((await gateway.explain(request)).outcome).toBe('answer')
    expect((await send(port, '/', { method: 'OPTIONS' })).status).toBe(200)
    expect(upstream.requests).toHaveLength(1)
  })
})
