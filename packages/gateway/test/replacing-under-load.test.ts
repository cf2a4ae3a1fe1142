import { Agent, type ServerResponse } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import type { GatewayRouteDefinition } from '../src/index.js'
import { afterTest, send, startProxy, startUpstream } from './harness.js'
import { rawClient } from './raw-http.js'
import { openSocket } from './web-sockets.js'

const swaps = 60
/** Of a day: nothing worth speaking of comes back during the test. */
const limit = 1_000

/** What changes from swap to swap is on every route that the load takes, but for the one that is to keep its state. */
const routesOf = (round: number): GatewayRouteDefinition[] => [
  {
    path: '/changing/**',
    serviceName: 'service',
    serviceConfig: { addPrefix: `/r${round}` },
    trafficPolicy: {
      timeout: 10_000 + round,
      retry: { maxAttempts: 1 },
      circuitBreaker: { failureThreshold: 5 + round },
      bulkhead: { maxConcurrent: 64 + round, maxQueue: 64 },
    },
  },
  { path: '/sockets', serviceName: 'service', trafficPolicy: { timeout: 10_000 + round } },
  {
    path: '/kept/**',
    serviceName: 'service',
    rateLimit: { strategy: 'token-bucket', max: limit, window: '1d' },
    trafficPolicy: { circuitBreaker: { failureThreshold: 2, resetTimeout: '1h' } },
  },
]

/** A service: echoes bodies with the path that it was asked for, holds `/held`, fails `/failing`, opens WebSockets. */
async function startService() {
  const held: ServerResponse[] = []
  const upstream = await startUpstream((request, response) => {
    const path = request.url ?? ''
    if (path.endsWith('/held')) held.push(response)
    else if (path.endsWith('/failing')) response.writeHead(500).end()
    else request.pipe(response.setHeader('X-Asked', path))
  })
  new WebSocketServer({ server: upstream.server }).on('connection', (socket) => {
    socket.on('message', (data) => socket.send(data))
  })
  return { ...upstream, held }
}

describe('routes that are replaced again and again under load', () => {
  it(
    'lose no request; answers under way and WebSockets stay with the plan they came by; the rest keeps its state',
    { timeout: 30_000 },
    async () => {
      const service = await startService()
      const { gateway, port } = await startProxy([service.port])
      gateway.replaceRoutes(routesOf(0))
      const released: string[] = []
      gateway.on('route:released', ({ route }) => released.push(route))
      const agent = new Agent({ keepAlive: true, maxSockets: 64 })
      afterTest(() => {
        agent.destroy()
      })

      const early = await rawClient(port)
      early.write('GET /changing/held HTTP/1.1\r\nHost: a\r\n\r\n')
      await vi.waitFor(() => expect(service.held).toHaveLength(1))
      service.held[0]?.writeHead(200, { 'Content-Length': '9' }).write('old ')
      const { socket, next } = await openSocket(port, '/sockets')
      for (let failure = 0; failure < 2; failure++) expect((await send(port, '/kept/failing')).status).toBe(500)

      const state = { round: 0, swapping: true, answers: 0 }
      const wrong: unknown[] = []
      const keepCalling = async (client: number) => {
        for (let count = 0; state.swapping; count++) {
          const body = `${client}/${count}`
          const from = state.round
          try {
            const { text, headers } = await send(port, `/changing/${body}`, { agent, method: 'POST', body })
            const [, plan, path] = /^\/r(\d+)\/changing\/(.*)$/.exec(String(headers['x-asked'])) ?? []
            if (!(Number(plan) >= from && Number(plan) <= state.round) || path !== body || text !== body) wrong.push([body, headers, text])
          } catch (error) {
            wrong.push(error)
          }
          state.answers++
        }
      }
      const openSockets = async () => {
        while (state.swapping) {
          try {
            const another = await openSocket(port, '/sockets')
            another.socket.send('hello')
            if ((await another.next()).toString() !== 'hello') wrong.push('other bytes')
            another.socket.close()
            await another.closed
          } catch (error) {
            wrong.push(error)
          }
        }
      }
      const load = [...Array.from({ length: 32 }, (_, client) => keepCalling(client)), openSockets(), openSockets()]
      while (state.round < swaps) {
        gateway.replaceRoutes(routesOf(++state.round))
        socket.send(`round ${state.round}`)
        expect((await next()).toString()).toBe(`round ${state.round}`)
        const { status, headers } = await send(port, '/kept/fine')
        expect([status, headers.ratelimit]).toEqual([503, expect.stringContaining(`r=${limit - 2 - state.round}`)])
      }
      state.swapping = false
      await Promise.all(load)
      expect(wrong).toEqual([])
      expect(state.answers).toBeGreaterThan(swaps)

      service.held[0]?.end('plan!')
      await early.until('old plan!')
      socket.close()
      await vi.waitFor(() => expect(released).toHaveLength(2 * swaps)) // every plan but the last, and but those that stayed
    },
  )
})
