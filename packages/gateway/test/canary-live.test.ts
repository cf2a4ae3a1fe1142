import { SeededRandom } from '@hazeljs/core/testing'
import { Agent, request as httpRequest } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { startCanary } from './canaries.js'
import { afterTest, startUpstream } from './harness.js'

const clients = 24
const requests = 1_200

interface Load {
  readonly errors: number
  readonly byCanary: number
}

/** Many clients at once, on connections that they keep; every third request has a body. */
async function load(port: number): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  afterTest(() => {
    agent.destroy()
  })
  let left = requests
  let errors = 0
  let byCanary = 0
  const client = async () => {
    while (left > 0) {
      const { status, text } = await once(agent, port, left-- % 3 === 0 ? 'PUT' : 'GET')
      if (status !== 200) errors++
      else if (text === 'canary') byCanary++
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return { errors, byCanary }
}

function once(agent: Agent, port: number, method: 'GET' | 'PUT'): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ agent, host: '127.0.0.1', port, method, path: '/orders' }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    request.on('error', reject).end(method === 'PUT' ? 'an order' : undefined)
  })
}

type Handler = Parameters<typeof startUpstream>[0]

const failures: Readonly<Record<string, Handler>> = {
  'answers 500': (_request, response) => void response.writeHead(500).end(),
  'answers 503': (_request, response) => void response.writeHead(503).end(),
  'breaks off': (request) => void request.socket.resetAndDestroy(),
}

/** A real stable, a real canary at 10 per cent, and a gateway that judges. */
async function start(canary: Handler, seed: number, fallbackToStable: boolean) {
  const stable = await startUpstream((_request, response) => response.end('stable'))
  const failing = await startUpstream(canary)
  const route: Partial<GatewayRouteDefinition> = { trafficPolicy: { attemptTimeout: 250, timeout: '30s' } }
  const weights = { stable: { version: '1', weight: 90 }, canary: { version: '2', weight: 10 } }
  const config = { ...weights, fallbackToStable }
  const running = await startCanary({ stable: [stable.port], canary: [failing.port], random: new SeededRandom(seed), config, route })
  const rollbacks = vi.fn()
  running.gateway.on('canary:rollback', rollbacks)
  running.gateway.startCanaries()
  return { ...running, failing, rollbacks }
}

describe.each(Object.entries(failures))('a canary at 10 per cent that %s', (_what, canary) => {
  it.each([1, 2, 3])('is rolled back before 20 clients see it (seed %i)', { timeout: 30_000 }, async (seed) => {
    const { port, engine, rollbacks } = await start(canary, seed, false)
    const { errors, byCanary } = await load(port)
    expect(engine.getStatus()).toMatchObject({ state: 'ROLLED_BACK', canaryWeight: 0 })
    expect(rollbacks).toHaveBeenCalledTimes(1)
    expect(byCanary).toBe(0)
    expect(errors).toBeGreaterThan(0)
    expect(errors).toBeLessThan(20)
  })

  it('is rolled back and seen by nobody where it falls back to stable', { timeout: 30_000 }, async () => {
    const { port, engine, rollbacks, failing } = await start(canary, 4, true)
    expect((await load(port)).errors).toBe(0)
    expect(engine.getStatus()).toMatchObject({ state: 'ROLLED_BACK', canaryWeight: 0 })
    expect(rollbacks).toHaveBeenCalledTimes(1)
    expect(failing.requests.length).toBeGreaterThan(0)
    expect(failing.requests.length).toBeLessThan(20)
  })
})

/** Nobody can know before the first attempt's time is over; until then any client may have come to wait for the canary. */
describe('a canary at 10 per cent that answers nothing', () => {
  it('is rolled back after those that wait for it, and few more', { timeout: 30_000 }, async () => {
    const { port, engine } = await start(() => undefined, 1, false)
    expect((await load(port)).errors).toBeLessThan(clients + 20)
    expect(engine.getStatus().state).toBe('ROLLED_BACK')
  })

  it('is rolled back and seen by nobody where it falls back to stable', { timeout: 30_000 }, async () => {
    const { port, engine } = await start(() => undefined, 1, true)
    expect((await load(port)).errors).toBe(0)
    expect(engine.getStatus().state).toBe('ROLLED_BACK')
  })
})

it('a canary that is well stays', { timeout: 30_000 }, async () => {
  const { port, engine } = await start((_request, response) => void response.end('canary'), 5, true)
  const { errors, byCanary } = await load(port)
  expect(errors).toBe(0)
  expect(byCanary).toBeGreaterThan(60)
  expect(engine.getStatus()).toMatchObject({ state: 'ACTIVE', canaryWeight: 10 })
})
