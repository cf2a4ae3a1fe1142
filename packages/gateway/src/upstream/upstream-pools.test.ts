import { FakeClock } from '@hazeljs/core/testing'
import { type ServiceInstance, ServiceStatus } from '@hazeljs/core'
import { expect, it, vi } from 'vitest'
import { afterTest } from '../../test/harness.js'
import { startRawUpstream } from '../../test/raw-http.js'
import type { Connection } from './connection.js'
import { UpstreamPools } from './upstream-pools.js'

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const request = { method: 'GET', target: '/', headers: [], body: null, upgrade: undefined }
const keepAliveMs = 20_000

const instanceAt = (port: number): ServiceInstance => ({
  id: `service:127.0.0.1:${port}`,
  name: 'service',
  host: '127.0.0.1',
  port,
  protocol: 'http',
  status: ServiceStatus.UP,
  lastHeartbeat: 0,
  registeredAt: 0,
  tags: [],
  metadata: {},
})

async function setUp(onHead: Parameters<typeof startRawUpstream>[0] = (socket) => socket.write(answer)) {
  const service = await startRawUpstream(onHead)
  const clock = new FakeClock()
  const pools = new UpstreamPools(
    { connectTimeoutMs: 5_000, idleTimeoutMs: 60_000, keepAliveMs, upstreamTls: {}, serviceTls: new Map(), socketDirectory: undefined },
    clock,
  )
  afterTest(() => pools.destroy())
  const instance = instanceAt(service.port)
  const call = (onConnection?: (connection: Connection) => void) =>
    new Promise<void>((resolve, reject) => {
      const connection = pools.for(instance).take()
      connection.send(request, { onHead: () => true, onData: () => true, onEnd: () => resolve(), onError: reject })
      onConnection?.(connection)
    })
  return { ...service, clock, pools, instance, call }
}

it('a process that stood still takes no connection up again that its instance may have closed as idle', async () => {
  const { clock, pools, call, sockets, instance } = await setUp()
  await call()
  clock.jump(keepAliveMs)
  await clock.advance(0)
  await vi.waitFor(() => expect(pools.for(instance).size).toBe(0))
  await call()
  expect(sockets).toHaveLength(2)
})

it('a process that stood still does not take that for the silence of an instance', async () => {
  const { clock, call, sockets } = await setUp(() => undefined)
  const answered = call()
  await vi.waitFor(() => expect(sockets).toHaveLength(1))
  clock.jump(3_600_000)
  await clock.advance(0)
  sockets[0]?.write(answer)
  await answered
})

it('keeps nothing of an instance to which there is no connection', async () => {
  const { clock, pools, call, instance, sockets } = await setUp()
  const before = pools.for(instance)
  await call()
  expect(pools.for(instance)).toBe(before)
  await clock.advance(keepAliveMs)
  await vi.waitFor(() => expect(before.size).toBe(0))
  await clock.advance(1_000)
  expect(pools.for(instance)).not.toBe(before)
  await call()
  expect(sockets).toHaveLength(2)
})

it('after its end has no timer and makes no connection', async () => {
  const { clock, pools, call, instance } = await setUp()
  await call()
  pools.destroy()
  expect(clock.pendingTimers).toBe(0)
  expect(() => pools.for(instance)).toThrow('closed')
  expect(clock.pendingTimers).toBe(0)
})

it('that are ended by a call that a turn ends have no timer either', async () => {
  const { clock, pools, call, sockets } = await setUp(() => undefined)
  const failed = call().catch(() => undefined)
  await vi.waitFor(() => expect(sockets).toHaveLength(1))
  const connection = pools.for(instanceAt(sockets[0]?.localPort ?? 0)).take()
  connection.send(request, { onHead: () => true, onData: () => true, onEnd: () => undefined, onError: () => pools.destroy() })
  await clock.advance(120_000)
  await failed
  expect(clock.pendingTimers).toBe(0)
})
