import { FakeClock } from '@hazeljs/core/testing'
import { type BalancingStrategy, type Endpoint, LoadBalancerFactory } from '@hazeljs/discovery'
import { expect, it, vi } from 'vitest'
import { startProxy } from './harness.js'
import { rawClient, startRawUpstream } from './raw-http.js'

const plain = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

it.each([
  ['a tunnel: until the 101', upgrade, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 30],
  ['an event stream: until its head', plain, 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n', 30],
  ['any other answer: until its end', plain, 'HTTP/1.1 200 OK\r\n\r\n', 3_030],
])('the latency that a balancer is told of %s', async (_what, request, head, wanted) => {
  const latencies: number[] = []
  LoadBalancerFactory.register('timed', (): BalancingStrategy => {
    let all: readonly Endpoint[] = []
    return {
      timed: true,
      update: ({ endpoints }) => void (all = endpoints),
      choose: () => all[0],
      settled: (_endpoint, _outcome, latencyMs) => void latencies.push(latencyMs),
    }
  })
  const clock = new FakeClock()
  const upstream = await startRawUpstream(() => undefined)
  const route = { serviceConfig: { loadBalancingStrategy: 'timed' } }
  const { port } = await startProxy([upstream.port], route, { upstream: { idleTimeout: '1h' } }, { clock })
  const client = await rawClient(port)
  client.write(request)
  await vi.waitFor(() => expect(upstream.received[0]).toContain('\r\n\r\n'))
  await clock.advance(30)
  upstream.sockets[0]?.write(head)
  await client.until('\r\n\r\n')
  await clock.advance(3_000)
  expect(latencies).toEqual([])
  upstream.sockets[0]?.end()
  client.socket.end()
  await vi.waitFor(() => expect(latencies).toEqual([wanted]))
})
