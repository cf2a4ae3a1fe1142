import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { startProxy } from './harness.js'
import { fieldLines, fieldValues, type RawClient, rawClient, startRawUpstream } from './raw-http.js'

const ask = (path: string, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`
const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const refused = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno.'

/** A service that opens a tunnel at `/open` and refuses elsewhere, as `refusal` says. */
async function setUp(refusal = refused, route: Partial<GatewayRouteDefinition> = {}) {
  const upstream = await startRawUpstream((socket: Socket, head) => socket.write(head.startsWith('GET /open ') ? switched : refusal))
  const proxy = await startProxy([upstream.port], route)
  return { ...proxy, upstream, client: await rawClient(proxy.port) }
}

const answers = (client: RawClient, status: number) => client.received.match(new RegExp(`HTTP/1.1 ${status} `, 'g'))?.length ?? 0
const connection = (client: RawClient) => fieldValues(fieldLines(client.received), 'connection')

it('a refusal leaves the connection usable: for requests, for further refusals, and for a 101', async () => {
  const { client, upstream } = await setUp()
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  for (let count = 1; count <= 15; count++) {
    client.write(ask('/no'))
    await vi.waitFor(() => expect(client.received.match(/no\./g)).toHaveLength(count))
  }
  client.write('GET /plain HTTP/1.1\r\nHost: a\r\n\r\n')
  await vi.waitFor(() => expect(answers(client, 403)).toBe(16))
  client.write(ask('/open'))
  await client.until('101 Switching')
  client.write('through')
  await vi.waitFor(() => expect(upstream.received.some((bytes) => bytes.endsWith('\r\n\r\nthrough'))).toBe(true))
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
  expect(connection(client)).toEqual(['keep-alive'])
})

it('so does a refusal of the gateway’s own', async () => {
  const { client } = await setUp(refused, { path: '/open' })
  client.write(ask('/else'))
  await client.until('ROUTE_NOT_FOUND')
  client.write(ask('/open'))
  await client.until('101 Switching')
})

it('what was sent ahead of a refusal is never read as a request', async () => {
  const { client, upstream } = await setUp()
  client.write(`${ask('/no')}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`)
  expect(await client.closed).toBe('end')
  expect([connection(client), answers(client, 403)]).toEqual([['close'], 1])
  expect(upstream.received.join('')).not.toContain('smuggled')
})

it('nor is what was sent while the refusal was on its way', async () => {
  const { client, upstream } = await setUp('HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nno.')
  client.write(ask('/no'))
  await client.until('no.')
  client.write('GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n')
  await new Promise((resolve) => setTimeout(resolve, 20))
  upstream.sockets[0]?.write('no.')
  await client.closed
  expect(client.received).toMatch(/no\.no\.$/)
  expect(upstream.received.join('')).not.toContain('smuggled')
})

it.each([
  ['asked for it', ask('/no').replace('Upgrade\r\n', 'Upgrade, close\r\n')],
  ['offers a protocol whose clients may send ahead', ask('/no').replace('websocket', 'websocket, irc/6.9')],
])('a refusal ends the connection of a client that %s', async (_what, text) => {
  const { client } = await setUp()
  client.write(text)
  expect(await client.closed).toBe('end')
  expect([connection(client), answers(client, 403)]).toEqual([['close'], 1])
})

it('a refusal without a length ends where it ends, and the connection goes on', async () => {
  const { client } = await setUp(
    'HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
  )
  client.write(ask('/no'))
  await client.until(/0\r\n\r\n$/)
  expect(fieldValues(fieldLines(client.received), 'sec-websocket-version')).toEqual(['13'])
  client.write(ask('/open'))
  await client.until('101 Switching')
})

it('a connection that was used for a refusal is drained as an idle one', async () => {
  const { gateway, client } = await setUp()
  client.write(ask('/no'))
  await client.until('no.')
  await new Promise((resolve) => setTimeout(resolve, 10))
  const closed = gateway.close({ drainTimeout: '30s' })
  expect(await client.closed).toBe('end')
  await closed
})

it('a refusal that comes while the gateway drains ends the connection', async () => {
  let answer = () => undefined as unknown
  const upstream = await startRawUpstream((socket) => (answer = () => socket.write(refused)))
  const { gateway, port } = await startProxy([upstream.port])
  const client = await rawClient(port)
  client.write(ask('/no'))
  await vi.waitFor(() => expect(upstream.received[0]).toContain('\r\n\r\n'))
  const closed = gateway.close({ drainTimeout: '30s' })
  answer()
  expect(await client.closed).toBe('end')
  expect(connection(client)).toEqual(['close'])
  await closed
})

it('a client that leaves in the pause between two requests is let go', async () => {
  const { client, upstream } = await setUp()
  client.write(ask('/no'))
  await client.until('no.')
  const gone = once(client.socket, 'close')
  client.socket.end()
  await gone
  expect(upstream.received.join('').match(/GET/g)).toHaveLength(1)
})
