import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createRawServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { httpCheck } from './http-check.js'

const servers: { close(): unknown }[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(answer: RequestListener, host = '127.0.0.1'): Promise<{ server: Server; port: number }> {
  const server = createServer(answer)
  servers.push({ close: () => (server.closeAllConnections(), server.close()) })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

const check = (port: number, path = '/health', signal = new AbortController().signal, host = '127.0.0.1') =>
  httpCheck({ protocol: 'http', host, port, path })(signal)

describe('httpCheck', () => {
  it('asks for the path with GET, on a connection that it does not keep', async () => {
    const seen: unknown[] = []
    const { server, port } = await serve((request, response) => {
      seen.push(request.method, request.url, request.headers.connection)
      response.end('ok')
    })
    const closed = new Promise((resolve) => server.on('connection', (socket) => socket.on('close', resolve)))
    await check(port, '/health?deep=1')
    await closed
    expect(seen).toEqual(['GET', '/health?deep=1', 'close'])
  })

  it.each([200, 204, 299])('takes status %i as good', async (status) => {
    const { port } = await serve((_request, response) => response.writeHead(status).end())
    await expect(check(port)).resolves.toBeUndefined()
  })

  it.each([301, 404, 500, 503])('takes status %i as bad', async (status) => {
    const { port } = await serve((_request, response) => response.writeHead(status, { location: '/' }).end('no'))
    await expect(check(port)).rejects.toThrow(`status ${status}`)
  })

  it('is bad when nobody listens, and when the answer is no HTTP', async () => {
    const { server, port } = await serve((_request, response) => response.end())
    await new Promise((resolve) => server.close(resolve))
    await expect(check(port)).rejects.toThrow()
    const raw = createRawServer((socket) => socket.end('garbage\r\n\r\n'))
    servers.push(raw)
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve))
    await expect(check((raw.address() as AddressInfo).port)).rejects.toThrow()
  })

  it('does not wait for a body that never ends', async () => {
    const { port } = await serve((_request, response) => void response.writeHead(200).write('still here'))
    await expect(check(port)).resolves.toBeUndefined()
  })

  it('ends when it is called off', async () => {
    const caller = new AbortController()
    const { port } = await serve(() => caller.abort(new Error('enough')))
    await expect(check(port, '/', caller.signal)).rejects.toThrow('enough')
  })

  it('knows IPv6 addresses', async () => {
    const { port } = await serve((_request, response) => response.end(), '::1')
    await expect(check(port, '/', new AbortController().signal, '::1')).resolves.toBeUndefined()
  })
})
