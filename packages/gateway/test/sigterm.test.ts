import { Agent as HttpAgent, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { afterTest, send, startUpstream } from './harness.js'
import { bundle, startProcess } from './processes/bundled.js'
import type { GatewayOrders, GatewayPorts } from './processes/gateway-process.js'
import { rawClient } from './raw-http.js'
import { openSocket } from './web-sockets.js'

let gatewayFile: Awaited<ReturnType<typeof bundle>>
beforeAll(async () => {
  gatewayFile = await bundle('gateway-process')
})
afterAll(() => {
  gatewayFile.remove()
})

/** Long enough for whoever asks every 20 ms whether the gateway is ready, on a busy machine. */
const acceptGraceMs = 1_500

/** Answers with the request's path, at once or, below `/slow`, bit by bit. */
async function answerPath({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!url.startsWith('/slow')) return void response.end(url)
  for (const character of url) {
    response.write(character)
    await pause(40)
  }
  response.end()
}

async function underLoad(shutdown: GatewayOrders['shutdown']) {
  const upstream = await startUpstream((incoming, response) => void answerPath(incoming, response))
  new WebSocketServer({ server: upstream.server }).on('connection', (socket) => {
    socket.on('message', (data) => socket.send(data))
  })
  const orders: GatewayOrders = { upstreamPort: upstream.port, config: { routes: [{ path: '/**', serviceName: 'service' }] }, shutdown }
  const process = await startProcess<GatewayPorts>(gatewayFile.file, orders)
  const { port, readyPort } = process.told
  const state = { ready: true, signalled: false }
  const failures: unknown[] = []
  const answers = { before: 0, after: 0 }

  /** Calls again and again, as long as whoever sends clients here has seen no other word. */
  const keepCalling = async (call: (path: string) => Promise<string>, kind: string, pauseMs: number) => {
    for (let count = 0; state.ready; count++) {
      const path = `/${kind}/${count}`
      try {
        const answer = await call(path)
        if (answer !== path) failures.push([path, answer])
        if (state.signalled) answers.after++
        else answers.before++
      } catch (error) {
        failures.push([path, error])
      }
      await pause(pauseMs)
    }
  }
  const pool = new Agent({ connections: 8 })
  const kept = new HttpAgent({ keepAlive: true })
  afterTest(() => (kept.destroy(), pool.destroy()))
  const byPool = async (path: string) => (await request(`http://127.0.0.1:${port}${path}`, { dispatcher: pool })).body.text()
  const byAgent = async (path: string) => (await send(port, path, { agent: kept })).text
  const byItself = async (path: string) => (await send(port, path)).text
  const byHand = async (path: string) => {
    const client = await rawClient(port)
    client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await client.until(path)
    client.socket.destroy()
    return path
  }
  const bySocket = async (path: string) => {
    const { socket, next, closed } = await openSocket(port, path)
    socket.send(path)
    const echo = (await next()).toString()
    await pause(200)
    socket.close(1000)
    expect(await closed).toBe(1000)
    return echo
  }
  const watchReadiness = async () => {
    while (state.ready) {
      state.ready = await send(readyPort, '/').then(
        ({ status }) => status === 200,
        () => false,
      )
      await pause(20)
    }
  }
  const load = [
    ...Array.from({ length: 8 }, (_, number) => keepCalling(byPool, `pool-${number}`, 0)),
    ...Array.from({ length: 6 }, (_, number) => keepCalling(byAgent, `agent-${number}`, number * 10)),
    ...Array.from({ length: 3 }, (_, number) => keepCalling(byItself, `new-${number}`, 5)),
    ...Array.from({ length: 2 }, (_, number) => keepCalling(byHand, `raw-${number}`, 5)),
    ...Array.from({ length: 4 }, (_, number) => keepCalling(byPool, `slow-${number}`, 0)),
    ...Array.from({ length: 3 }, (_, number) => keepCalling(bySocket, `socket-${number}`, 0)),
    watchReadiness(),
  ]
  const signal = () => {
    state.signalled = true
    process.child.kill('SIGTERM')
  }
  return { ...process, load, signal, failures, answers, port }
}

it(
  'SIGTERM under load: not one request fails, WebSockets and slow answers included, and then the process dies by the signal',
  { timeout: 40_000 },
  async () => {
    const { load, signal, failures, answers, ended, complaints, port } = await underLoad({ acceptGrace: acceptGraceMs })
    await vi.waitFor(() => expect(answers.before).toBeGreaterThan(100), { timeout: 15_000 })
    signal()
    await Promise.all(load)
    expect(failures).toEqual([])
    expect(answers.after).toBeGreaterThan(0)
    expect(await ended).toEqual([null, 'SIGTERM'])
    expect(complaints()).toBe('')
    await expect(send(port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  },
)

it('without the option, SIGTERM ends the process as ever', { timeout: 40_000 }, async () => {
  const { signal, failures, ended } = await underLoad(undefined)
  await pause(300)
  signal()
  expect(await ended).toEqual([null, 'SIGTERM'])
  await vi.waitFor(() => expect(failures.length).toBeGreaterThan(0)) // which is how this load tells of them
})
