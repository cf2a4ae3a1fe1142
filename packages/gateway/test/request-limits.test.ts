import { silentLogger } from '@hazeljs/core'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { createGatewayHandler, type GatewayConfig, type GatewayRouteDefinition, GatewayServer, type ListenOptions } from '../src/index.js'
import { afterTest, MemoryRegistryBackend, register, send, startProxy } from './harness.js'
import { rawClient } from './raw-http.js'
import { startWitness } from './witness.js'

async function limited(config: GatewayConfig, route: Partial<GatewayRouteDefinition> = {}) {
  const witness = await startWitness()
  return { witness, ...(await startProxy([witness.port], route, config)) }
}

async function listening(options: ListenOptions) {
  const witness = await startWitness()
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', witness.port)
  const gateway = GatewayServer.fromConfig({ routes: [{ path: '/**', serviceName: 'service' }] }, backend, { logger: silentLogger })
  afterTest(() => {
    gateway.stop()
  })
  const { port } = await gateway.listen({ port: 0, host: '127.0.0.1', ...options })
  return { witness, port }
}

const problemOf = (text: string) => JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as unknown

describe('the target', () => {
  it('is taken up to maxUrlLength, and 414 beyond', async () => {
    const { port, witness } = await limited({ limits: { maxUrlLength: 10 } })
    expect((await send(port, '/234567890')).status).toBe(200)
    const answer = await send(port, '/2345678901')
    expect(answer.status).toBe(414)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'URL_TOO_LONG' })
    expect(witness.whole).toEqual(['GET /234567890'])
  })

  it('is taken up to 8192 characters by default', async () => {
    const { port } = await limited({})
    expect((await send(port, `/${'x'.repeat(8_191)}`)).status).toBe(200)
    expect((await send(port, `/${'x'.repeat(8_192)}`)).status).toBe(414)
  })

  it('that does not even fit into the header: 414, and the end', async () => {
    const { port, witness } = await listening({ maxHeaderBytes: 2_048 })
    const client = await rawClient(port)
    client.write(`GET /${'x'.repeat(3_000)}`)
    await client.closed
    expect(client.received).toMatch(/^HTTP\/1.1 414 /)
    expect(problemOf(client.received)).toMatchObject({ status: 414, code: 'URL_TOO_LONG' })
    expect(witness.whole).toEqual([])
  })
})

describe('the header', () => {
  it('is taken up to maxHeaderBytes, and 431 beyond', async () => {
    const { port, witness } = await listening({ maxHeaderBytes: 2_048 })
    expect((await send(port, '/', { headers: { 'X-Much': 'x'.repeat(1_500) } })).status).toBe(200)
    const answer = await send(port, '/', { headers: { 'X-Much': 'x'.repeat(2_500) } })
    expect([answer.status, answer.headers['content-type'], answer.headers.connection]).toEqual([431, 'application/problem+json', 'close'])
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'HEADERS_TOO_LARGE' })
    expect(witness.whole).toHaveLength(1)
  })

  it('that comes too slowly: 408, others are served', async () => {
    const { port, witness } = await listening({ headersTimeout: 60 })
    const slow = await rawClient(port)
    slow.write('GET / HTTP/1.1\r\nHost: a\r\n')
    const silent = await rawClient(port)
    expect((await send(port, '/')).status).toBe(200)
    await Promise.all([slow.closed, silent.closed])
    expect(slow.received).toMatch(/^HTTP\/1.1 408 /)
    expect(problemOf(slow.received)).toMatchObject({ status: 408, code: 'CLIENT_TOO_SLOW' })
    expect(witness.whole).toHaveLength(1)
  })

  it.each([
    { options: { maxHeaderBytes: 10 }, path: 'maxHeaderBytes' },
    { options: { maxHeaderBytes: 2_000.5 }, path: 'maxHeaderBytes' },
    { options: { headersTimeout: 0 }, path: 'headersTimeout' },
    { options: { headersTimeout: Number.NaN }, path: 'headersTimeout' },
  ])('$options is refused', async ({ options, path }) => {
    await expect(listening(options)).rejects.toMatchObject({ problems: [{ path }] })
  })
})

describe('field names with _', () => {
  it('are refused where that is asked for', async () => {
    const { port, witness } = await limited({ limits: { underscoredHeaders: 'refuse' } })
    expect((await send(port, '/', { headers: { 'X-A': 'b_c' } })).status).toBe(200)
    expect((await send(port, '/', { headers: { X_A: 'b' } })).status).toBe(400)
    expect(witness.whole).toHaveLength(1)
  })
})

describe('the body', () => {
  const post = (port: number, body: string, headers: Readonly<Record<string, string>> = {}, method = 'POST') =>
    send(port, '/', { method, headers, body })
  const chunked = { 'Transfer-Encoding': 'chunked' }

  it.each([{ headers: {} }, { headers: chunked }])('is taken up to maxBodyBytes, $headers', async ({ headers }) => {
    const { port, witness } = await limited({ limits: { maxBodyBytes: 10 } })
    expect((await post(port, '0123456789', headers)).status).toBe(200)
    expect(witness.whole).toEqual(['POST / 0123456789'])
  })

  it('that says it is larger: 413 at once, before any of it has come', async () => {
    const { port, witness } = await limited({ limits: { maxBodyBytes: 10 } })
    const client = await rawClient(port)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n')
    await client.closed
    expect(client.received).toMatch(/^HTTP\/1.1 413 [^]*Connection: close/i)
    expect(problemOf(client.received)).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' })
    expect([witness.whole, witness.unfinished]).toEqual([[], 0])
  })

  it.each([
    { what: 'that turns out larger', route: {}, method: 'POST' },
    { what: 'that is kept for retries', route: { trafficPolicy: { retry: { maxAttempts: 2 } } }, method: 'PUT' },
  ])('$what: 413, and no service takes a part for the whole', async ({ route, method }) => {
    const { port, witness, gateway } = await limited({ limits: { maxBodyBytes: 10 } }, route)
    const errors: string[] = []
    gateway.on('route:error', ({ error }) => errors.push(error.message))
    const client = await rawClient(port)
    client.write(`${method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`)
    client.write('6\r\nfghijk\r\n')
    await client.closed
    expect(client.received).toMatch(/^HTTP\/1.1 413 /)
    expect(problemOf(client.received)).toMatchObject({ code: 'BODY_TOO_LARGE' })
    expect((await send(port, '/after')).status).toBe(200)
    await vi.waitFor(() => expect(witness.whole).toEqual(['GET /after']))
    expect(errors).toEqual([])
  })

  it('has the limit of its route, which may be none', async () => {
    const wide = await limited({ limits: { maxBodyBytes: 10 } }, { trafficPolicy: { maxBodyBytes: 20 } })
    expect((await post(wide.port, 'x'.repeat(20))).status).toBe(200)
    expect((await post(wide.port, 'x'.repeat(21))).status).toBe(413)
    const none = await limited({ limits: { maxBodyBytes: 10 } }, { trafficPolicy: { maxBodyBytes: false } })
    expect((await post(none.port, 'x'.repeat(100_000), chunked)).status).toBe(200)
  })

  it('is measured for handleRequest() as well', async () => {
    const { gateway } = await limited({ limits: { maxBodyBytes: 10 } })
    expect((await gateway.handleRequest({ method: 'POST', path: '/', body: '0123456789' })).status).toBe(200)
    expect((await gateway.handleRequest({ method: 'POST', path: '/', body: '0123456789x' })).status).toBe(413)
  })

  it('is measured inside of another server', async () => {
    const { gateway } = await limited({ limits: { maxBodyBytes: 10 } })
    const server = createServer(createGatewayHandler(gateway))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    afterTest(() => server.close())
    const { port } = server.address() as AddressInfo
    expect((await post(port, '0123456789')).status).toBe(200)
    expect((await post(port, '0123456789x', chunked)).status).toBe(413)
  })
})
