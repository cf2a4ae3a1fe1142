import type { IncomingMessage } from 'node:http'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { ServiceRegistry } from '@hazeljs/discovery'
import { describe, expect, it } from 'vitest'
import { ConfigError, type GatewayConfig, GatewayServer, type ServiceRouteConfig } from '../src/index.js'
import { authority, clientIdentity, localServer, namedServer } from './certificates.js'
import { afterTest, MemoryRegistryBackend, recordingLogger, send, startGateway, startUpstream } from './harness.js'

interface SecureUpstream {
  readonly port: number
  readonly requests: IncomingMessage[]
  /** What each connection asked for by SNI. */
  readonly names: (string | false | null)[]
  readonly server: Server
}

async function startSecureUpstream(options: ServerOptions = localServer): Promise<SecureUpstream> {
  const requests: IncomingMessage[] = []
  const names: (string | false | null)[] = []
  const server = createServer(options, (request, response) => {
    requests.push(request)
    response.end('secured')
  })
  server.on('secureConnection', (socket: TLSSocket) => names.push(socket.servername))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, requests, names, server }
}

async function startProxy(
  port: number,
  upstream: GatewayConfig['upstream'],
  serviceConfig: Partial<ServiceRouteConfig> = {},
  host = '127.0.0.1',
) {
  const backend = new MemoryRegistryBackend()
  const { logger, lines } = recordingLogger()
  for (const name of ['service', 'other']) {
    const registry = new ServiceRegistry({ name, host, port, protocol: 'https' }, backend)
    await registry.register()
    afterTest(() => registry.deregister())
  }
  const config: GatewayConfig = {
    middleware: { logging: true },
    ...(upstream && { upstream }),
    routes: [
      { path: '/other', serviceName: 'other' },
      { path: '/**', serviceName: 'service', serviceConfig },
    ],
  }
  return { ...(await startGateway(config, backend, { logger })), lines }
}

describe('instances with the protocol https', () => {
  it('are called when the certificate names their address and the authority is trusted', async () => {
    const upstream = await startSecureUpstream()
    const { port } = await startProxy(upstream.port, { tls: { ca: authority } })
    expect(await send(port, '/a')).toMatchObject({ status: 200, text: 'secured' })
    expect(await send(port, '/b')).toMatchObject({ status: 200, text: 'secured' })
    expect(upstream.names).toEqual([false]) // an address is asked for without a name, and the connection is used again
  })

  it.each([
    { what: 'an authority that nobody trusts', server: localServer, tls: undefined, reason: /unable to verify|self-signed/ },
    { what: 'a certificate of another name', server: namedServer, tls: { ca: authority }, reason: /does not match certificate/ },
  ])('$what: 502, and only the log says why', async ({ server, tls, reason }) => {
    const upstream = await startSecureUpstream(server)
    const { port, lines } = await startProxy(upstream.port, tls && { tls })
    const answer = await send(port, '/')
    expect(answer.status).toBe(502)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'UPSTREAM_UNREACHABLE' })
    expect(answer.text).not.toMatch(reason)
    expect(lines.find(({ message }) => message === 'request')?.fields).toMatchObject({ error: expect.stringMatching(reason) as string })
    expect(upstream.requests).toHaveLength(0)
  })

  it('are called a port without TLS where there is none, in the log', async () => {
    const plain = await startUpstream((_request, response) => response.end())
    const { port, lines } = await startProxy(plain.port, undefined)
    expect((await send(port, '/')).status).toBe(502)
    const line = lines.find(({ message }) => message === 'request')
    expect(line?.fields).toMatchObject({
      error: expect.stringContaining("registered with the protocol 'https', and its port speaks no TLS") as string,
    })
  })

  it('are not verified where the configuration says so', async () => {
    const upstream = await startSecureUpstream(namedServer)
    const { port } = await startProxy(upstream.port, { tls: { rejectUnauthorized: false } })
    expect((await send(port, '/')).text).toBe('secured')
  })

  it('are asked for the configured name, and verified by it', async () => {
    const upstream = await startSecureUpstream(namedServer)
    const { port } = await startProxy(upstream.port, { tls: { ca: authority, servername: 'service.internal' } })
    expect((await send(port, '/')).text).toBe('secured')
    expect(upstream.names).toEqual(['service.internal'])
  })

  it.each([
    { host: '127.0.0.1', server: localServer, tls: { ca: authority }, names: [false] },
    { host: 'localhost', server: localServer, tls: { ca: authority }, names: ['localhost'] },
    { host: '127.0.0.1', server: namedServer, tls: { ca: authority, servername: 'service.internal' }, names: ['service.internal'] },
  ])('are never asked for the name in a preserved Host ($names)', async ({ host, server, tls, names }) => {
    const upstream = await startSecureUpstream(server)
    const { port } = await startProxy(upstream.port, { tls }, { preserveHost: true }, host)
    for (const claimed of ['evil.example', 'other.example', 'evil.example']) {
      expect((await send(port, '/', { headers: { Host: claimed } })).text).toBe('secured')
    }
    expect(upstream.names).toEqual(names) // one connection for all
    expect(upstream.requests.map(({ headers }) => headers.host)).toEqual(['evil.example', 'other.example', 'evil.example'])
  })

  it('get the gateway’s certificate, and refuse it without', async () => {
    const upstream = await startSecureUpstream({ ...localServer, ca: authority, requestCert: true })
    const { port } = await startProxy(upstream.port, {
      tls: { ca: authority },
      services: { service: { tls: { ca: authority, ...clientIdentity } } },
    })
    expect((await send(port, '/')).text).toBe('secured')
    const [request] = upstream.requests
    expect((request?.socket as TLSSocket).getPeerCertificate().subject.CN).toBe('gateway')
    expect((await send(port, '/other')).status).toBe(502)
    expect(upstream.requests).toHaveLength(1)
  })

  it('of one service are verified in its own way, at the same address too', async () => {
    const upstream = await startSecureUpstream(namedServer)
    const { port } = await startProxy(upstream.port, { services: { other: { tls: { ca: authority, servername: 'service.internal' } } } })
    expect((await send(port, '/')).status).toBe(502)
    expect((await send(port, '/other')).text).toBe('secured')
    expect((await send(port, '/')).status).toBe(502)
  })

  it('that break the handshake off are instances that cannot be reached', async () => {
    const upstream = await startSecureUpstream()
    const { port } = await startProxy(upstream.port, { tls: { ca: authority } })
    upstream.server.removeAllListeners('connection').on('connection', (socket) => socket.destroy())
    expect(JSON.parse((await send(port, '/')).text)).toMatchObject({ status: 502, code: 'UPSTREAM_UNREACHABLE' })
  })
})

describe('the configuration of upstream TLS', () => {
  it('is checked before anything is called, and no key is shown', () => {
    const upstream = {
      tls: { cert: clientIdentity.cert, key: localServer.key, servername: '127.0.0.1' },
      services: { service: { tls: { ca: 'secret', sni: 'x' } }, other: { tls: { key: 5 } } },
    }
    const make = () => new GatewayServer({ upstream } as object)
    expect(make).toThrow(ConfigError)
    let message = ''
    try {
      make()
    } catch (error) {
      message = (error as Error).message
    }
    for (const part of [
      'upstream.tls.key: is not the key of cert',
      'upstream.tls.servername: is an address',
      'upstream.services.service.tls.ca: expected certificates of authorities',
      'upstream.services.service.tls.sni: unknown option',
      'upstream.services.other.tls.cert: is missing beside key',
    ])
      expect(message).toContain(part)
    expect(message).not.toContain('secret')
  })
})
