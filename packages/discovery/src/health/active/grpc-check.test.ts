import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { HealthImplementation, type ServingStatusMap } from 'grpc-health-check'
import { afterEach, describe, expect, it } from 'vitest'
import { grpcCheck } from './grpc-check.js'
import { testCertificate } from './certificate.fixture.js'

const ended: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ended.splice(0)) await end()
})

/** A real gRPC server, with the real health service unless there are no statuses. */
async function grpcServer(statuses?: ServingStatusMap, credentials = ServerCredentials.createInsecure()) {
  const server = new Server()
  const health = new HealthImplementation(statuses)
  if (statuses !== undefined) health.addToServer(server)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  )
  ended.push(() => server.forceShutdown())
  return { port, health }
}

async function listen(server: NetServer | Http2Server | ReturnType<typeof createHttpServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ended.push(() => server.close())
  return (server.address() as AddressInfo).port
}

function check(port: number, { service = '', tls = false, signal = new AbortController().signal } = {}) {
  return grpcCheck({ host: '127.0.0.1', port, service, tls })(signal)
}

describe('grpcCheck', () => {
  it('takes SERVING as good, of the server and of one of its services', async () => {
    const { port } = await grpcServer({ '': 'SERVING', 'shop.v1.Orders': 'SERVING' })
    await expect(check(port)).resolves.toBeUndefined()
    await expect(check(port, { service: 'shop.v1.Orders' })).resolves.toBeUndefined()
  })

  it.each(['NOT_SERVING', 'UNKNOWN'] as const)('takes %s as bad, and the change as well', async (status) => {
    const { port, health } = await grpcServer({ '': 'SERVING', orders: status })
    await expect(check(port, { service: 'orders' })).rejects.toThrow(`answered with ${status}`)
    health.setStatus('orders', 'SERVING')
    await expect(check(port, { service: 'orders' })).resolves.toBeUndefined()
  })

  it('says that the server does not know the service', async () => {
    const { port } = await grpcServer({ '': 'SERVING' })
    await expect(check(port, { service: 'nobody' })).rejects.toThrow("NOT_FOUND: its grpc.health.v1 service does not know 'nobody'")
  })

  it('says that the server has no health service', async () => {
    const { port } = await grpcServer()
    await expect(check(port)).rejects.toThrow('UNIMPLEMENTED: the server has no grpc.health.v1 service')
  })

  it('names a service that is longer than 127 bytes', async () => {
    const service = 'ä'.repeat(200)
    const { port } = await grpcServer({ [service]: 'SERVING' })
    await expect(check(port, { service })).resolves.toBeUndefined()
  })

  it('speaks TLS, whatever the certificate', async () => {
    const { key, cert } = testCertificate()
    const credentials = ServerCredentials.createSsl(null, [{ private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }])
    const { port } = await grpcServer({ '': 'SERVING' }, credentials)
    await expect(check(port, { tls: true })).resolves.toBeUndefined()
    await expect(check(port)).rejects.toThrow()
  })

  it('is bad when nobody listens, and says so', async () => {
    const server = createServer()
    const port = await listen(server)
    server.close()
    await once(server, 'close')
    await expect(check(port)).rejects.toThrow('ECONNREFUSED')
  })

  it('is bad when the server speaks no HTTP/2, or hangs up', async () => {
    const oldServer = await listen(createHttpServer((_request, response) => response.end('ok')))
    await expect(check(oldServer)).rejects.toThrow()
    const rude = await listen(createServer((socket) => socket.on('error', () => undefined).end()))
    await expect(check(rude)).rejects.toThrow()
  })

  it.each([
    ['no gRPC status', { ':status': 404 }, Buffer.alloc(0), 'HTTP status 404'],
    ['no message', { ':status': 200, 'grpc-status': '0' }, Buffer.from('hello'), 'no message of grpc.health.v1'],
    ['a compressed message', { ':status': 200, 'grpc-status': '0' }, Buffer.of(1, 0, 0, 0, 2, 8, 1), 'no message of grpc.health.v1'],
    ['a status of another day', { ':status': 200, 'grpc-status': '0' }, Buffer.of(0, 0, 0, 0, 2, 8, 9), 'unknown status'],
    ['a status left out', { ':status': 200, 'grpc-status': '0' }, Buffer.of(0, 0, 0, 0, 0), 'answered with UNKNOWN'],
    ['too much', { ':status': 200, 'grpc-status': '0' }, Buffer.alloc(5_000), 'more than 1024 bytes'],
    ['an unknown code', { ':status': 200, 'grpc-status': '77' }, Buffer.alloc(0), 'answered with code 77'],
  ])('is bad when it is answered with %s', async (_what, headers, body, message) => {
    const server = createHttp2Server()
    server.on('stream', (stream) => {
      stream.on('error', () => undefined)
      stream.respond(headers)
      stream.end(body)
    })
    await expect(check(await listen(server))).rejects.toThrow(message)
  })

  it('ends when it is called off, before and meanwhile, and leaves no connection', async () => {
    const caller = new AbortController()
    const server = createHttp2Server()
    const sessionEnded = new Promise((resolve) => server.on('session', (session) => session.on('close', resolve)))
    server.on('stream', (stream) => {
      stream.on('error', () => undefined)
      caller.abort(new Error('enough'))
    })
    const port = await listen(server)
    await expect(check(port, { signal: caller.signal })).rejects.toThrow('enough')
    await sessionEnded
    await expect(check(port, { signal: caller.signal })).rejects.toThrow('enough')
  })

  it('knows IPv6 addresses', async () => {
    const server = createServer((socket) => socket.destroy())
    server.listen(0, '::1')
    await once(server, 'listening')
    ended.push(() => server.close())
    const { port } = server.address() as AddressInfo
    const failure = grpcCheck({ host: '::1', port, service: '', tls: false })(new AbortController().signal)
    await expect(failure).rejects.not.toThrow('Invalid URL')
  })
})
