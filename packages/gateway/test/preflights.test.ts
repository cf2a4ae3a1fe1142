import { describe, expect, it } from 'vitest'
import { fieldLines, fieldValues, rawClient, startRawUpstream } from './raw-http.js'
import { startProxy } from './harness.js'
import type { CorsConfig } from '../src/index.js'

const origin = 'https://shop.example'

/** What comes back for the bytes of one request, and what the service got of it. */
async function ask(sent: string, cors: CorsConfig | true = true, path = '/**') {
  const upstream = await startRawUpstream((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
  const { port } = await startProxy([upstream.port], { path }, { middleware: { cors } })
  const client = await rawClient(port)
  client.write(Buffer.from(sent, 'latin1'))
  const text = await client.until('\r\n\r\n')
  return { client, upstream, status: Number(text.split(' ')[1]), fields: fieldLines(text) }
}

const preflight = (fields = '') =>
  `OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: ${origin}\r\nAccess-Control-Request-Method: PUT\r\n${fields}\r\n`

describe('a preflight', () => {
  it.each(['Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n'])(
    'whose body is still arriving ends its connection (%j)',
    async (field) => {
      const { status, fields, client, upstream } = await ask(preflight(field))
      expect([status, fieldValues(fields, 'connection')]).toEqual([204, ['close']])
      await client.closed
      expect(upstream.received).toEqual([])
    },
  )

  it('without a body leaves its connection open, on a path without a route too', async () => {
    const { status, fields } = await ask(preflight(), true, '/elsewhere')
    expect([status, fieldValues(fields, 'connection')]).toEqual([204, ['keep-alive']])
  })

  it('that is malformed is refused like any request', async () => {
    const { status } = await ask(preflight('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n'))
    expect(status).toBe(400)
  })
})

describe('an origin', () => {
  it.each([
    'null',
    'https://shop.example.evil',
    'https://evil.shop.example',
    'https://evilshop.example',
    'https://shop.example:8443',
    'http://shop.example',
    'https://SHOP.example',
    'https://shop.example/',
    'https://shop.example, https://evil.example',
    'https://shop.example\xff',
    '*',
    '',
  ])('of %j is not the one that is allowed', async (asked) => {
    const { status, fields } = await ask(`GET /x HTTP/1.1\r\nHost: a\r\nOrigin: ${asked}\r\n\r\n`, { origin, credentials: true })
    expect(status).toBe(200)
    expect(fields.filter((line) => /^access-control-/i.test(line))).toEqual([])
    expect(fieldValues(fields, 'vary')).toEqual(['Origin'])
  })
})

it('exposedHeaders that are empty make no field', async () => {
  const { fields } = await ask(`GET /x HTTP/1.1\r\nHost: a\r\nOrigin: ${origin}\r\n\r\n`, { exposedHeaders: [] })
  expect(fieldValues(fields, 'access-control-expose-headers')).toEqual([])
})
