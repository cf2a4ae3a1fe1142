import type { Socket } from 'node:net'
import { SeededRandom } from '@hazeljs/core/testing'
import { expect, it, vi } from 'vitest'
import { send, startProxy } from './harness.js'
import { watchedLeases } from './leases.js'
import { rawClient, startRawUpstream } from './raw-http.js'

const head = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'

/** What a service may do with a request, good and bad. */
const behaviours: readonly ((socket: Socket) => unknown)[] = [
  (socket) => socket.write(`${head}ok`),
  (socket) => socket.write(`${head}ok`),
  (socket) => socket.write(head) && setImmediate(() => socket.write('ok')),
  (socket) => socket.write('HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy'),
  (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n') && setImmediate(() => socket.end()),
  (socket) => socket.end('garbage\r\n\r\n'),
  (socket) => socket.resetAndDestroy(),
  () => undefined,
]

const requests = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n',
  'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody',
  'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\npart',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n',
  'DELETE /%00 HTTP/1.1\r\nHost: a\r\n\r\n',
]

it('whatever services and clients do, nothing is left behind and the gateway serves on', { timeout: 20_000 }, async () => {
  const rejections: unknown[] = []
  const onRejection = (reason: unknown) => rejections.push(reason)
  process.on('unhandledRejection', onRejection)
  const random = new SeededRandom(7)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)] as T
  const leases = watchedLeases()
  let calm = false
  const upstreams = await Promise.all(
    [1, 2, 3].map(() => startRawUpstream((socket) => (calm ? socket.write(`${head}ok`) : pick(behaviours)(socket)))),
  )
  const { gateway, port } = await startProxy(
    upstreams.map((upstream) => upstream.port),
    {
      serviceConfig: { loadBalancingStrategy: 'watched' },
      trafficPolicy: {
        timeout: 60,
        attemptTimeout: 25,
        retry: { maxAttempts: 2, baseDelay: 1 },
        bulkhead: { maxConcurrent: 20, maxQueue: 20 },
      },
    },
  )
  for (let round = 0; round < 12; round++) {
    await Promise.all(
      Array.from({ length: 25 }, async () => {
        const client = await rawClient(port)
        client.write(pick(requests))
        const patience = random.next() * 80
        await Promise.race([client.closed, new Promise((resolve) => setTimeout(resolve, patience))])
        if (random.next() < 0.5) client.socket.resetAndDestroy()
        else client.socket.destroy()
      }),
    )
  }
  calm = true
  await vi.waitFor(() => expect(leases.open).toBe(0), { timeout: 3_000 })
  for (let i = 0; i < 5; i++) expect(await send(port, '/')).toMatchObject({ status: 200, text: 'ok' })
  await gateway.close({ drainTimeout: '2s' })
  await vi.waitFor(() => {
    for (const { sockets } of upstreams) expect(sockets.filter((socket) => !socket.destroyed)).toEqual([])
  })
  process.off('unhandledRejection', onRejection)
  expect(rejections).toEqual([])
})
