import express from 'express'
import fastify from 'fastify'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { createGatewayHandler, type GatewayServer } from '../src/index.js'
import { afterTest, recordingLogger, send, startProxy, startUpstream } from './harness.js'
import { watchedLeases } from './leases.js'
import { fieldLines, fieldValues, rawClient } from './raw-http.js'

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

const cookies = ['a=1', 'b=2; Path=/']

const echo = () =>
  startUpstream((request, response) => {
    response.writeHead(200, { 'Set-Cookie': cookies, 'X-Path': request.url })
    request.pipe(response)
  })

/** The ways to put a gateway into a server of one's own; each serves on a port. */
const hosts: Readonly<Record<string, (gateway: GatewayServer) => Promise<number>>> = {
  'node:http': (gateway) => serve(createGatewayHandler(gateway)),
  Express: (gateway) => serve(express().use(createGatewayHandler(gateway))),
  Fastify: async (gateway) => {
    const app = fastify()
    const handle = createGatewayHandler(gateway)
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    app.all('/*', (request, reply) => {
      reply.hijack()
      handle(request.raw, reply.raw)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    afterTest(() => app.close())
    return (app.server.address() as AddressInfo).port
  },
}

describe.each(Object.keys(hosts))('inside %s', (host) => {
  const start = hosts[host] as (gateway: GatewayServer) => Promise<number>

  it('bodies stream both ways, and repeated fields stay repeated', async () => {
    const upstream = await echo()
    const { gateway } = await startProxy([upstream.port])
    const port = await start(gateway)
    const body = 'x'.repeat(300_000)
    const answer = await send(port, '/a/b?c', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
    expect(answer.text).toBe(body)
    expect(answer.headers['set-cookie']).toEqual(cookies)
    expect(answer.headers['x-path']).toBe('/a/b?c')
  })

  it('problems are answered, and a client that leaves is noticed', async () => {
    const leases = watchedLeases()
    const upstream = await startUpstream(() => undefined)
    const { gateway } = await startProxy([upstream.port], { path: '/api/**', serviceConfig: { loadBalancingStrategy: 'watched' } })
    const port = await start(gateway)
    expect((await send(port, '/other')).status).toBe(404)
    const client = await rawClient(port)
    client.write('GET /api/x HTTP/1.1\r\nHost: a\r\n\r\n')
    await vi.waitFor(() => expect(leases.open).toBe(1))
    client.socket.destroy()
    await vi.waitFor(() => expect(leases.outcomes).toEqual(['ignored']))
    expect(leases.open).toBe(0)
  })
})

describe('inside Express', () => {
  it('under a prefix, routes match what the client asked for', async () => {
    const upstream = await echo()
    const { gateway } = await startProxy([upstream.port], { path: '/api/**' })
    const app = express()
      .use('/api', createGatewayHandler(gateway))
      .get('/own', (_request, response) => {
        response.send('own')
      })
    const port = await serve(app)
    expect((await send(port, '/api/x?y')).headers['x-path']).toBe('/api/x?y')
    expect((await send(port, '/own')).text).toBe('own')
  })

  it('fields that a middleware set stay, unless the service sets them', async () => {
    const upstream = await startUpstream((_request, response) =>
      response.writeHead(200, ['X-Frame-Options', 'DENY', 'X-Two', '1', 'X-Two', '2']).end(),
    )
    const { gateway } = await startProxy([upstream.port])
    const app = express()
      .use((_request, response, next) => {
        response.setHeader('X-Frame-Options', 'SAMEORIGIN').setHeader('X-Mine', 'yes')
        next()
      })
      .use(createGatewayHandler(gateway))
    const client = await rawClient(await serve(app))
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const lines = fieldLines(await client.until('\r\n\r\n'))
    expect(fieldValues(lines, 'x-frame-options')).toEqual(['DENY'])
    expect(fieldValues(lines, 'x-mine')).toEqual(['yes'])
    expect(fieldValues(lines, 'x-two')).toEqual(['1', '2'])
  })

  it('a client that left while a middleware was busy costs the service nothing', async () => {
    const upstream = await echo()
    const { gateway } = await startProxy([upstream.port])
    let proceed = () => undefined as unknown
    let left = false
    const app = express()
      .use((_request, response, next) => {
        response.on('close', () => (left = true))
        proceed = next
      })
      .use(createGatewayHandler(gateway))
    const client = await rawClient(await serve(app))
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await vi.waitFor(() => expect(String(proceed)).not.toContain('undefined as unknown'))
    client.socket.destroy()
    await vi.waitFor(() => expect(left).toBe(true))
    proceed()
    await gateway.close({ drainTimeout: 1_000 })
    expect(upstream.requests).toHaveLength(0)
  })

  it.each([{}, { trafficPolicy: { retry: { maxAttempts: 1 } } }])(
    'a body that a parser has read before is an error of the set-up, logged, and not an empty body',
    async (route) => {
      const upstream = await echo()
      const { logger, lines } = recordingLogger()
      const { gateway } = await startProxy([upstream.port], route, {}, { logger })
      const port = await serve(express().use(express.json()).use(createGatewayHandler(gateway)))
      const answer = await send(port, '/', { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: '{"a":1}' })
      expect(answer.status).toBe(500)
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'INTERNAL' })
      expect(JSON.stringify(lines)).toContain('body parser')
      expect(upstream.requests).toHaveLength(0)
    },
  )
})

it('says that a middleware has made text of the body, whose length in bytes nobody knows then', async () => {
  const upstream = await echo()
  const { logger, lines } = recordingLogger()
  const { gateway } = await startProxy([upstream.port], {}, {}, { logger })
  const handle = createGatewayHandler(gateway)
  const port = await serve((request, response) => {
    handle(request.setEncoding('utf8'), response)
  })
  // Counted in characters, a chunk of this text would end before its bytes do, and the rest could begin another request.
  const client = await rawClient(port)
  client.write(Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\néé\r\n0\r\n\r\n'))
  await client.closed
  expect(client.received).toMatch(/^HTTP\/1.1 500 /)
  expect(JSON.stringify(lines)).toContain('setEncoding')
  expect(upstream.requests).toHaveLength(0)
})

it('two gateways in one process share nothing, and one may stand behind the other', async () => {
  const upstream = await echo()
  const inner = await startProxy([upstream.port], { path: '/inner/**' })
  const outer = await startProxy([inner.port], { path: '/**' })
  expect((await send(outer.port, '/inner/x')).status).toBe(200)
  expect((await send(outer.port, '/else')).status).toBe(404)
  inner.gateway.stop()
  expect((await send(outer.port, '/inner/x')).status).toBe(502)
})
