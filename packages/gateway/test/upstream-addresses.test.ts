import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, ListenOptions } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServiceRegistry, type ServiceRegistryConfig } from '@hazeljs/discovery'
import { describe, expect, it } from 'vitest'
import { type GatewayConfig, GatewayServer } from '../src/index.js'
import { authority, localServer } from './certificates.js'
import { afterTest, MemoryRegistryBackend, recordingLogger, send, startGateway } from './harness.js'

async function startService(where: ListenOptions, secure = false) {
  const requests: IncomingMessage[] = []
  const onRequest: RequestListener = (request, response) => {
    requests.push(request)
    request.pipe(response)
  }
  const server = secure ? createSecureServer(localServer, onRequest) : createServer(onRequest)
  await new Promise<void>((resolve) => server.listen(where, resolve))
  afterTest(() => {
    server.close()
    server.closeAllConnections()
  })
  return { requests, address: server.address() as AddressInfo }
}

async function startProxy(instance: Partial<ServiceRegistryConfig>, upstream: GatewayConfig['upstream'] = {}) {
  const backend = new MemoryRegistryBackend()
  const registry = new ServiceRegistry({ name: 'service', port: 1, ...instance }, backend)
  await registry.register()
  afterTest(() => registry.deregister())
  const { logger, lines } = recordingLogger()
  const config: GatewayConfig = { middleware: { logging: true }, upstream, routes: [{ path: '/**', serviceName: 'service' }] }
  return { ...(await startGateway(config, backend, { logger })), lines }
}

async function socketDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gw-'))
  afterTest(() => rm(directory, { recursive: true }))
  return directory
}

const post = { method: 'POST', body: 'echoed' }

describe('an instance with an IPv6 address', () => {
  it.each(['::1', '[::1]', '0:0:0:0:0:0:0:1'])('is called (%s)', async (host) => {
    const { address, requests } = await startService({ host: '::1', port: 0 })
    const { port } = await startProxy({ host, port: address.port })
    expect(await send(port, '/', post)).toMatchObject({ status: 200, text: 'echoed' })
    expect(requests[0]?.headers.host).toBe(`[${host.replace(/[[\]]/g, '')}]:${address.port}`)
  })

  it('is called over TLS, and verified by its address', async () => {
    const { address } = await startService({ host: '::1', port: 0 }, true)
    const { port } = await startProxy({ host: '::1', port: address.port, protocol: 'https' }, { tls: { ca: authority } })
    expect((await send(port, '/', post)).text).toBe('echoed')
  })
})

describe('an instance on a Unix socket', () => {
  it('is called there, under its host and port', async () => {
    const directory = await socketDirectory()
    const socketPath = join(directory, 'a.sock')
    const { requests } = await startService({ path: socketPath })
    const { port } = await startProxy({ host: 'localhost', metadata: { socketPath } }, { socketDirectory: directory })
    for (const path of ['/x?y', '/z']) expect(await send(port, path, post)).toMatchObject({ status: 200, text: 'echoed' })
    expect(requests[0]?.headers.host).toBe('localhost:1')
    expect(requests[0]?.url).toBe('/x?y')
    expect(requests[1]?.socket).toBe(requests[0]?.socket)
  })

  it('is called over TLS, and verified by its host', async () => {
    const directory = await socketDirectory()
    const socketPath = join(directory, 'a.sock')
    await startService({ path: socketPath }, true)
    const secure = { host: 'localhost', protocol: 'https', metadata: { socketPath } } as const
    const { port } = await startProxy(secure, { socketDirectory: directory, tls: { ca: authority } })
    expect((await send(port, '/', post)).text).toBe('echoed')
  })

  it('where nobody listens cannot be reached', async () => {
    const directory = await socketDirectory()
    const { port } = await startProxy({ metadata: { socketPath: join(directory, 'none.sock') } }, { socketDirectory: directory })
    expect(JSON.parse((await send(port, '/')).text)).toMatchObject({ status: 502, code: 'UPSTREAM_UNREACHABLE' })
  })

  it.each([{ upstream: {} }, { upstream: { socketDirectory: '/run/services' } }])(
    'outside of $upstream cannot be reached, and only the log says why',
    async ({ upstream }) => {
      const directory = await socketDirectory()
      const socketPath = join(directory, 'a.sock')
      const { requests } = await startService({ path: socketPath })
      const { port, lines } = await startProxy({ metadata: { socketPath } }, upstream)
      const answer = await send(port, '/')
      expect(answer.status).toBe(502)
      expect(answer.text).not.toContain('sock')
      expect(lines.at(-1)?.fields).toMatchObject({ error: expect.stringContaining('upstream.socketDirectory') as string })
      expect(requests).toHaveLength(0)
    },
  )

  it('is not chosen by anything that a request carries', async () => {
    const directory = await socketDirectory()
    const { requests } = await startService({ path: join(directory, 'a.sock') })
    const { port } = await startProxy({}, { socketDirectory: directory })
    const target = `/?socketPath=${encodeURIComponent(join(directory, 'a.sock'))}`
    for (const path of [target, `http://unix:${directory}/a.sock:/`]) {
      const headers = { 'X-Socket-Path': join(directory, 'a.sock'), Host: `unix` }
      expect((await send(port, path, { headers })).status).toBeGreaterThanOrEqual(400)
    }
    expect(requests).toHaveLength(0)
  })

  it.each(['run', './run', '/run/../etc', ''])('in no directory such as %j is an error at the start', (directory) => {
    expect(() => new GatewayServer({ upstream: { socketDirectory: directory } })).toThrow(/upstream\.socketDirectory: /)
  })
})
