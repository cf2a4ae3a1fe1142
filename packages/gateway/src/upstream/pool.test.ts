import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { describe, expect, it, vi } from 'vitest'
import { localServer } from '../../test/certificates.js'
import { afterTest } from '../../test/harness.js'
import { closedPort, startRawUpstream } from '../../test/raw-http.js'
import { startUnaccepting } from '../../test/unaccepting.js'
import type { Connection } from './connection.js'
import { ConnectionError } from './connection-error.js'
import type { Address } from './dial.js'
import { Pool } from './pool.js'
import type { UpstreamCall } from './upstream-request.js'

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const request = { method: 'GET', target: '/', headers: [], body: null, upgrade: undefined }
const limits = { connectTurns: 2, idleTurns: 2, keepAliveTurns: 2, turnMs: 1_000, connectTimeoutMs: 2_000 }

/** What a call is told, in order: it has to end once. */
class RecordedCall implements UpstreamCall {
  readonly told: string[] = []
  #onEvent: (event: string) => void

  constructor(onEvent: (event: string) => void = () => undefined) {
    this.#onEvent = onEvent
  }

  onConnected(): void {
    this.#tell('connected')
  }

  onHead(): boolean {
    this.#tell('head')
    return true
  }

  onData(): boolean {
    this.#tell('data')
    return true
  }

  onEnd(): void {
    this.#tell('end')
  }

  onError(error: Error): void {
    this.#tell(error instanceof ConnectionError ? error.kind : error.message)
  }

  #tell(event: string): void {
    this.told.push(event)
    this.#onEvent(event)
  }
}

function poolTo(address: Partial<Address>) {
  const share = { turn: 0, buffer: Buffer.alloc(65_536) }
  const emptied: Pool[] = []
  const pool = new Pool({ host: '127.0.0.1', port: 1, socketPath: undefined, tls: undefined, ...address }, 'a', limits, share, (empty) =>
    emptied.push(empty),
  )
  afterTest(() => pool.destroy())
  const sweep = (turns = 1) => {
    for (; turns > 0; turns--) {
      share.turn++
      pool.sweep(0)
    }
  }
  return { pool, emptied, sweep }
}

function sendOn(pool: Pool, onEvent?: (event: string) => void): { call: RecordedCall; connection: Connection } {
  const call = new RecordedCall(onEvent)
  const connection = pool.take()
  connection.send(request, call)
  return { call, connection }
}

async function listening(server: Server): Promise<number> {
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => sockets.push(socket.on('error', () => undefined)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const empty = (pool: Pool) => vi.waitFor(() => expect(pool.size).toBe(0))

describe('a connection that can’t be made', () => {
  it.each<[string, string, () => Promise<Partial<Address>>]>([
    ['a closed port', 'unreachable', async () => ({ port: await closedPort() })],
    ['a closed port of a name with several addresses', 'unreachable', async () => ({ host: 'localhost', port: await closedPort() })],
    ['a name that nobody has', 'unreachable', () => Promise.resolve({ host: 'nobody.invalid' })],
    ['a socket that is not there', 'unreachable', () => Promise.resolve({ socketPath: '/nowhere/at/all.sock' })],
    ['a path too long for a socket', 'unreachable', () => Promise.resolve({ socketPath: `/${'a'.repeat(300)}` })],
    ['a service without TLS', 'unreachable', async () => ({ port: await listening(createTcp((socket) => socket.end(answer))), tls: {} })],
    ['who closes in the handshake', 'unreachable', async () => ({ port: await listening(createTcp((socket) => socket.end())), tls: {} })],
    ['a certificate of a stranger', 'unreachable', async () => ({ port: await listening(createTls(localServer)), tls: {} })],
  ])('%s: the call is told once, and nothing stays', async (_what, kind, address) => {
    const { pool } = poolTo(await address())
    const { call } = sendOn(pool)
    await empty(pool)
    expect(call.told).toEqual([kind])
  })

  it('who is silent in the handshake: the time for it ends', async () => {
    const accepted: unknown[] = []
    const { pool, sweep } = poolTo({ port: await listening(createTcp((socket) => accepted.push(socket))), tls: {} })
    const { call } = sendOn(pool)
    await vi.waitFor(() => expect(accepted).toHaveLength(1))
    sweep(3)
    await empty(pool)
    expect(call.told).toEqual(['connect-timeout'])
  })

  it('a port that is none: that is thrown, and nothing stays', () => {
    const { pool } = poolTo({ port: 70_000 })
    expect(() => pool.take()).toThrow(/port/i)
    expect(pool.size).toBe(0)
  })

  it('credentials that are none: that is thrown, and nothing stays', () => {
    const { pool } = poolTo({ tls: { key: 'none', cert: localServer.cert } })
    expect(() => pool.take()).toThrow()
    expect(pool.size).toBe(0)
  })

  it('nobody accepts: the time for it ends', async () => {
    const { pool, sweep } = poolTo({ port: await startUnaccepting() })
    const { call } = sendOn(pool)
    sweep(2)
    expect(call.told).toEqual([])
    sweep()
    await empty(pool)
    expect(call.told).toEqual(['connect-timeout'])
  })
})

describe('a call that is given up', () => {
  it.each(['at once', 'connected', 'head', 'data', 'end'])('%s: is told no more, and its connection closes', async (when) => {
    const { port } = await startRawUpstream((socket) => socket.write(answer))
    const { pool } = poolTo({ port })
    const { call, connection } = sendOn(pool, (event) => event === when && connection.abort())
    if (when === 'at once') connection.abort()
    await empty(pool)
    expect(call.told).toEqual(['connected', 'head', 'data', 'end'].slice(0, ['at once', 'connected', 'head', 'data', 'end'].indexOf(when)))
  })

  it.each(['at once', 'connected', 'head', 'data', 'end'])('%s: by the end of its pool, is told once', async (when) => {
    const { port } = await startRawUpstream((socket) => socket.write(answer))
    const { pool, emptied } = poolTo({ port })
    const { call } = sendOn(pool, (event) => event === when && pool.destroy())
    if (when === 'at once') pool.destroy()
    await empty(pool)
    const whole = ['connected', 'head', 'data', 'end']
    const told = whole.slice(0, whole.indexOf(when) + 1)
    expect(call.told).toEqual(when === 'end' ? told : [...told, 'reset'])
    expect(emptied).toEqual([pool])
  })

  it.each(['at once', 'connected', 'head', 'data', 'end'])('%s: is finished, where its pool only closes', async (when) => {
    const { port } = await startRawUpstream((socket) => socket.write(answer))
    const { pool, emptied } = poolTo({ port })
    const { call } = sendOn(pool, (event) => event === when && pool.close())
    if (when === 'at once') pool.close()
    await empty(pool)
    expect(call.told).toEqual(['connected', 'head', 'data', 'end'])
    expect(emptied).toEqual([pool])
  })
})

describe('an instance that breaks off', () => {
  it.each([
    ['before its head', '', 'reset', []],
    ['in its head', 'HTTP/1.1 200 O', 'reset', []],
    ['in its body', answer.slice(0, -1), 'reset', ['head', 'data']],
    ['behind a body that ends so', answer.replace('Content-Length: 2', 'A: b'), 'end', ['head', 'data']],
  ])('%s', async (_where, text, last, before) => {
    const { port } = await startRawUpstream((socket) => socket.end(text))
    const { pool } = poolTo({ port })
    const { call } = sendOn(pool)
    await empty(pool)
    expect(call.told).toEqual(['connected', ...before, last])
  })
})

describe('a connection without a call', () => {
  it('serves the next one, sent from the end of the last as well', async () => {
    const { port, sockets } = await startRawUpstream((socket) => socket.write(answer))
    const { pool } = poolTo({ port })
    const calls: RecordedCall[] = []
    const sendAgain = (event: string) => {
      if (event === 'end' && calls.length < 5) setImmediate(send)
    }
    const send = () => calls.push(sendOn(pool, sendAgain).call)
    send()
    await vi.waitFor(() => expect(calls.map(({ told }) => told.at(-1))).toEqual(Array(5).fill('end')))
    expect([pool.size, sockets.length]).toEqual([1, 1])
  })

  it.each(['end', 'destroy', 'resetAndDestroy'] as const)('goes when the instance closes it (%s)', async (close) => {
    const { port, sockets } = await startRawUpstream((socket) => socket.write(answer))
    const { pool } = poolTo({ port })
    const { call } = sendOn(pool)
    await vi.waitFor(() => expect(call.told).toContain('end'))
    sockets[0]?.[close]()
    await empty(pool)
    expect(call.told).toEqual(['connected', 'head', 'data', 'end'])
  })
})
