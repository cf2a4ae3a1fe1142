import { silentLogger } from '@hazeljs/core'
import type { ServerResponse } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { describe, expect, it, vi } from 'vitest'
import { ConfigError, GatewayServer, type ListenTlsOptions } from '../src/index.js'
import { authority, clientIdentity, localServer, namedServer } from './certificates.js'
import { afterTest, MemoryRegistryBackend, register, send, startUpstream } from './harness.js'

async function startSecure(upstreamPort: number, tls: ListenTlsOptions = localServer) {
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', upstreamPort)
  const gateway = new GatewayServer({ routes: [{ path: '/**', serviceName: 'service' }] }, backend, { logger: silentLogger })
  afterTest(() => {
    gateway.stop()
  })
  return { gateway, ...(await gateway.listen({ port: 0, host: '127.0.0.1', tls })) }
}

function get(port: number, options: RequestOptions = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: '127.0.0.1', port, ca: authority, agent: false, ...options }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    request.on('error', reject).end()
  })
}

async function secureClient(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: authority, ...options })
  socket.on('error', () => undefined)
  afterTest(() => socket.destroy())
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  return socket
}

describe('listen with tls', () => {
  it('serves https, says so to the service, and speaks HTTP/1.1', async () => {
    const upstream = await startUpstream((_request, response) => response.end('secured'))
    const { port, url } = await startSecure(upstream.port)
    expect(url).toBe(`https://127.0.0.1:${port}`)
    expect(await get(port)).toEqual({ status: 200, text: 'secured' })
    expect(upstream.requests[0]?.headers['x-forwarded-proto']).toBe('https')
    expect((await secureClient(port, { ALPNProtocols: ['h2', 'http/1.1'] })).alpnProtocol).toBe('http/1.1')
  })

  it('serves no plain http', async () => {
    const { port } = await startSecure(1)
    await expect(send(port, '/')).rejects.toThrow()
    await expect(get(port, { path: '/' })).resolves.toMatchObject({ status: 502 })
  })

  it('takes only clients with a certificate where it asks for one', async () => {
    const upstream = await startUpstream((_request, response) => response.end('known'))
    const { port } = await startSecure(upstream.port, { ...localServer, ca: authority, requestCert: true })
    await expect(get(port)).rejects.toThrow()
    expect(upstream.requests).toHaveLength(0)
    expect((await get(port, clientIdentity)).text).toBe('known')
  })

  it('refuses the protocol versions that it is told to refuse', async () => {
    const { port } = await startSecure(1, { ...localServer, minVersion: 'TLSv1.3' })
    await expect(get(port, { maxVersion: 'TLSv1.2' })).rejects.toThrow()
  })

  it('gives connections up on which no handshake is made', async () => {
    const { port } = await startSecure(1, { ...localServer, handshakeTimeout: 30 })
    const silent = connectTcp(port, '127.0.0.1').on('error', () => undefined)
    await new Promise((resolve) => silent.once('close', resolve).resume())
  })
})

describe('close with tls', () => {
  it('lets a request finish and ends idle connections and handshakes', async () => {
    const waiting: ServerResponse[] = []
    const upstream = await startUpstream((_request, response) => waiting.push(response))
    const { gateway, port } = await startSecure(upstream.port)
    const idle = await secureClient(port)
    const handshaking = connectTcp(port, '127.0.0.1')
    afterTest(() => handshaking.destroy())
    const ended = Promise.all([idle, handshaking].map((socket) => new Promise((resolve) => socket.resume().once('close', resolve))))
    const answer = get(port)
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    const closed = gateway.close({ drainTimeout: '20s' })
    await ended
    waiting[0]?.end('finished')
    expect((await answer).text).toBe('finished')
    await closed
  })

  it('stop cuts everything', async () => {
    const { gateway, port } = await startSecure(1)
    const sockets = [await secureClient(port), connectTcp(port, '127.0.0.1')]
    const ended = Promise.all(
      sockets.map(
        (socket) =>
          new Promise((resolve) =>
            socket
              .resume()
              .on('error', () => undefined)
              .once('close', resolve),
          ),
      ),
    )
    await new Promise((resolve) => (sockets[1]?.connecting === true ? sockets[1].once('connect', resolve) : resolve(undefined)))
    await expect(get(port)).resolves.toMatchObject({ status: 502 })
    gateway.stop()
    await ended
  })
})

describe('certificates that cannot be used', () => {
  const problem = async (tls: object) => {
    const error: unknown = await new GatewayServer({}, new MemoryRegistryBackend(), { logger: silentLogger })
      .listen({ port: 0, tls })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).problems.map(({ path, message }) => `${path}: ${message}`).join('\n')
  }

  it.each([
    { what: 'nothing', tls: {}, says: /^tls: needs cert and key, pfx, or SNICallback$/ },
    { what: 'a key of another', tls: { cert: localServer.cert, key: namedServer.key }, says: /^tls\.key: is not the key of cert$/ },
    { what: 'no key', tls: { cert: localServer.cert }, says: /^tls\.key: is missing beside cert$/ },
    { what: 'no certificate', tls: { key: localServer.key }, says: /^tls\.cert: is missing beside key$/ },
    { what: 'text in place of a certificate', tls: { ...localServer, cert: 'secret' }, says: /^tls\.cert: expected a certificate in PEM/ },
    { what: 'text in place of a key', tls: { ...localServer, key: 'secret' }, says: /^tls\.key: expected a private key in PEM/ },
    {
      what: 'text in place of an authority',
      tls: { ...localServer, ca: 'secret' },
      says: /^tls\.ca: expected certificates of authorities/,
    },
    { what: 'text in place of an archive', tls: { pfx: 'secret' }, says: /^tls\.pfx: expected a PKCS #12 archive/ },
    { what: 'unknown ciphers', tls: { ...localServer, ciphers: 'none-such' }, says: /^tls: .*no cipher match/ },
    { what: 'an unknown option', tls: { ...localServer, certificate: 'x' }, says: /^tls\.certificate: unknown option/ },
    { what: 'a timeout that is none', tls: { ...localServer, handshakeTimeout: 'x' }, says: /^tls\.handshakeTimeout: expected a number/ },
  ])('$what', async ({ tls, says }) => {
    const message = await problem(tls)
    expect(message).toMatch(says)
    expect(message).not.toContain('secret')
  })
})
