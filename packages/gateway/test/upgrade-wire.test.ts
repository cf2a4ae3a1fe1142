import type { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { recordingLogger, startProxy } from './harness.js'
import { watchedLeases } from './leases.js'
import { fieldLines, fieldValues, rawClient, startRawUpstream } from './raw-http.js'
import { startUnaccepting } from './unaccepting.js'

const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
const ask = 'GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** A service that answers with `answer`; for requests that do not ask for an upgrade, with `ok`. */
async function setUp(answer = `${switched}\r\n`, route: Partial<GatewayRouteDefinition> = {}) {
  const leases = watchedLeases()
  const upstream = await startRawUpstream((socket, head) => socket.write(/^upgrade:/im.test(head) ? answer : ok, 'latin1'))
  const proxy = await startProxy([upstream.port], { serviceConfig: { loadBalancingStrategy: 'watched' }, ...route })
  const client = await rawClient(proxy.port)
  const asked = (name: string) => fieldValues(fieldLines(upstream.received[0] ?? ''), name)
  const answered = (name: string) => fieldValues(fieldLines(client.received), name)
  return { ...proxy, upstream, client, leases, asked, answered }
}

describe('the fields of a handshake', () => {
  const ours = [
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Protocol', 'chat, superchat'],
    ['Sec-WebSocket-Protocol', 'mqtt'],
    ['Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits, x-foo; a="b, c"'],
    ['Origin', 'https://page.example'],
    ['Cookie', 'a=1; b=2'],
    ['Authorization', 'Bearer t'],
  ] as const
  const theirs = [
    ['Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
    ['Sec-WebSocket-Protocol', 'mqtt'],
    ['Sec-WebSocket-Extensions', 'permessage-deflate; server_no_context_takeover'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
  ] as const
  const lines = (fields: readonly (readonly [string, string])[]) => fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')

  it('pass as they are, those of the 101 too, and what follows it at once', async () => {
    const { client, asked, answered } = await setUp(`${switched}${lines(theirs)}\r\n\x81\x05first`)
    client.write(`${ask.slice(0, -2)}${lines(ours)}\r\n`)
    expect((await client.until('first')).endsWith('\r\n\r\n\x81\x05first')).toBe(true)
    for (const name of new Set(ours.map(([field]) => field)))
      expect(asked(name)).toEqual(ours.flatMap(([field, value]) => (field === name ? [value] : [])))
    for (const name of new Set(theirs.map(([field]) => field)))
      expect(answered(name)).toEqual(theirs.flatMap(([field, value]) => (field === name ? [value] : [])))
    expect([answered('upgrade'), answered('connection')]).toEqual([['websocket'], ['Upgrade']])
  })

  it.each([
    ['no key', ''],
    ['no version', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'],
    ['an old version', 'Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: x\r\n'],
    ['a key that is none', 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\nSec-WebSocket-Key: two\r\n'],
  ])('are the service’s to judge: %s', async (_what, fields) => {
    const { client, upstream } = await setUp('HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n')
    client.write(`${ask.slice(0, -2)}${fields}\r\n`)
    expect(await client.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 426 [\s\S]*Sec-WebSocket-Version: 13/)
    expect(upstream.received[0]).toContain(fields.slice(0, 20))
  })
})

it('a 101 has no length (RFC 9110, 8.6): the tunnel has none', async () => {
  const { client, answered } = await setUp(`${switched}Content-Length: 5\r\n\r\nfirst`)
  client.write(ask)
  await client.until('first')
  expect(answered('content-length')).toEqual([])
})

describe('an offer', () => {
  const offer = (upgrade: string, connection = 'Upgrade', version = '1.1', method = 'GET') =>
    `${method} /a HTTP/${version}\r\nHost: a\r\n${connection === '' ? '' : `Connection: ${connection}\r\n`}${upgrade}\r\n`

  it.each([
    ['among others', offer('Upgrade: h2c, irc/6.9 , websocket\r\n')],
    ['in a line of its own', offer('Upgrade: h2c\r\nUpgrade: websocket\r\n')],
    ['in any case', offer('uPGRADE: WebSocket\r\n', 'keep-alive, UPGRADE')],
  ])('is taken %s, and is the only one that the service gets', async (_what, text) => {
    const { client, asked } = await setUp()
    client.write(text)
    await client.until('101 Switching Protocols')
    expect([asked('upgrade'), asked('connection')]).toEqual([['websocket'], ['upgrade']])
  })

  it.each([
    ['without Connection', offer('Upgrade: websocket\r\n', '')],
    ['that Connection does not name', offer('Upgrade: websocket\r\n', 'keep-alive')],
    ['of nothing', offer('', 'Upgrade')],
    ['of an empty list', offer('Upgrade: ,\r\n')],
    ['of h2c', offer('Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n', 'Upgrade, HTTP2-Settings')],
    ['of TLS', offer('Upgrade: TLS/1.2\r\n')],
    ['of a version of the protocol', offer('Upgrade: websocket/13\r\n')],
    ['in HTTP/1.0', offer('Upgrade: websocket\r\n', 'Upgrade', '1.0')],
    ['in a POST', offer('Upgrade: websocket\r\nContent-Length: 0\r\n', 'Upgrade', '1.1', 'POST')],
    ['with a body', `${offer('Upgrade: websocket\r\nContent-Length: 2\r\n')}hi`],
  ])('%s is none, and the request is served', async (_what, text) => {
    const { client, asked } = await setUp()
    client.write(text)
    expect(await client.until(/ok$/)).toMatch(/^HTTP\/1.1 200 OK/)
    expect([asked('upgrade'), asked('http2-settings'), asked('connection').includes('upgrade')]).toEqual([[], [], false])
  })

  it('of another protocol that the route names is taken, with its version', async () => {
    const { client, answered } = await setUp('HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: irc/6.9\r\n\r\n', {
      upgrades: ['IRC/6.9'],
    })
    client.write(offer('Upgrade: websocket, irc/6.9\r\n'))
    await client.until('101 Switching Protocols')
    expect(answered('upgrade')).toEqual(['irc/6.9'])
  })
})

describe('a 101 that cannot be followed', () => {
  it.each([
    ['has a field that is none', `${switched}no field\r\n\r\n`],
    ['has a NUL in a field', `${switched}X-A: a\0b\r\n\r\n`],
    ['has a DEL in a field', `${switched}X-A: a\x7fb\r\n\r\n`],
    ['has a control character in a field', `${switched}X-A: a\x01b\r\n\r\n`],
    ['has a space in a name', `${switched}X A: b\r\n\r\n`],
    ['has an empty name', `${switched}: a\r\n\r\n`],
    ['names another protocol', 'HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: irc/6.9\r\n\r\n'],
    ['names two protocols', 'HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: websocket, irc/6.9\r\n\r\n'],
    ['ends in the middle', `${switched}X-A:`],
  ])('%s: the client gets 502 and nothing of it', async (_what, answer) => {
    const { client, upstream, leases } = await setUp(answer)
    client.write(ask)
    await vi.waitFor(() => expect(upstream.received[0]).toContain('\r\n\r\n'))
    if (answer.endsWith('X-A:')) upstream.sockets[0]?.end()
    const text = await client.until(/"code":"UPSTREAM_(INVALID|RESET)"/)
    expect(text).toMatch(/^HTTP\/1.1 502 /)
    expect(text).not.toContain('HTTP/1.1 101')
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    expect([leases.open, leases.outcomes]).toEqual([0, ['failure']])
  })
})

it('a client that leaves while the instance is dialled is a 499 at once, and nobody’s failure', async () => {
  const leases = watchedLeases()
  const { logger, lines } = recordingLogger()
  const { port } = await startProxy(
    [await startUnaccepting()],
    { serviceConfig: { loadBalancingStrategy: 'watched' } },
    { middleware: { logging: true } },
    { logger },
  )
  const client = await rawClient(port)
  client.write(ask)
  await vi.waitFor(() => expect(leases.open).toBe(1))
  client.socket.destroy()
  await vi.waitFor(() => expect(lines.map(({ fields }) => 'status' in fields && fields.status)).toEqual([499]))
  expect([leases.open, leases.outcomes]).toEqual([0, ['ignored']])
})

it('what a client sends ahead of the 101 waits for it, however much it is', async () => {
  let answer = () => undefined as unknown
  const upstream = await startRawUpstream((socket) => (answer = () => socket.write(`${switched}\r\n`)))
  const { port } = await startProxy([upstream.port])
  const client = await rawClient(port)
  const ahead = Buffer.alloc(2_000_000, 'x')
  client.write(ask)
  client.write(ahead)
  await vi.waitFor(() => expect(upstream.received[0]).toContain('\r\n\r\n'))
  await new Promise((resolve) => setTimeout(resolve, 20))
  const head = upstream.received[0]?.length ?? 0
  expect(upstream.received[0]).toMatch(/\r\n\r\n$/)
  answer()
  await vi.waitFor(() => expect(upstream.received[0]?.length).toBe(head + ahead.length))
})

it.each(['client', 'service'])('tunnels hold little of what a %s does not take', async (slow) => {
  const { port, upstream } = await setUp()
  const chunk = Buffer.alloc(65_536, 'x')
  const before = process.memoryUsage().arrayBuffers
  const tunnels = 16
  let written = 0
  for (let index = 0; index < tunnels; index++) {
    const client = await rawClient(port)
    client.write(ask)
    await client.until('101 Switching Protocols')
    const service = upstream.sockets.at(-1) as Socket
    const [from, to] = slow === 'client' ? [service, client.socket] : [client.socket, service]
    to.removeAllListeners('data').pause()
    const fill = () => {
      do written += chunk.length
      while (from.write(chunk))
    }
    from.on('drain', fill)
    fill()
  }
  let seen = -1
  while (seen !== written) {
    seen = written
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  expect(written).toBeGreaterThan(tunnels * 1_000_000) // the kernel's buffers are full
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(tunnels * 400_000)
})
