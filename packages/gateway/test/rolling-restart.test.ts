import type { ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { afterTest, MemoryRegistryBackend, startGateway } from './harness.js'
import { bundle, startProcess } from './processes/bundled.js'
import type { InstanceOrders, RegistryCall, RegistryReply } from './processes/instance-process.js'

let instanceFile: Awaited<ReturnType<typeof bundle>>
beforeAll(async () => {
  instanceFile = await bundle('instance-process')
})
afterAll(() => {
  instanceFile.remove()
})

const instances = 3

/** A registry that processes call, and the gateway reads. */
function sharedRegistry() {
  const backend = new MemoryRegistryBackend()
  const onMessage = async (message: object, child: ChildProcess) => {
    if (!('method' in message)) return
    const { number, method, args } = message as RegistryCall
    const reply: RegistryReply = { number, result: await (backend[method] as (...args: unknown[]) => unknown).apply(backend, [...args]) }
    if (child.connected) child.send(reply)
  }
  const orders: InstanceOrders = { drainMs: 300 }
  const start = () => startProcess<{ id: string }>(instanceFile.file, orders, (message, child) => void onMessage(message, child))
  return { backend, start }
}

async function underLoad(methods: readonly ('GET' | 'PUT' | 'POST')[]) {
  const { backend, start } = sharedRegistry()
  const running = await Promise.all(Array.from({ length: instances }, start))
  const routes = [{ path: '/**', serviceName: 'service', trafficPolicy: { retry: { maxAttempts: 3, baseDelay: 5 }, timeout: '10s' } }]
  const { port } = await startGateway({ discovery: { outlierDetection: true }, routes }, backend)
  const agent = new Agent({ connections: 24 })
  const state = { running: true, answers: 0 }
  const failures: unknown[] = []
  afterTest(() => {
    state.running = false
    return agent.destroy()
  })
  const keepCalling = async (client: number) => {
    const method = methods[client % methods.length] as 'GET' | 'PUT' | 'POST'
    for (let count = 0; state.running; count++) {
      const path = `/${client}/${count}?after=${client % 4 === 0 ? 100 : 0}`
      const body = method === 'GET' ? '' : `body of ${path}`
      try {
        const answer = await request(`http://127.0.0.1:${port}${path}`, { dispatcher: agent, method, ...(body !== '' && { body }) })
        const text = await answer.body.text()
        if (answer.statusCode !== 200 || text !== `${path} ${body}`) failures.push([method, path, answer.statusCode, text])
        state.answers++
      } catch (error) {
        failures.push([method, path, error])
      }
      await pause(2)
    }
  }
  const clients = Array.from({ length: 16 }, (_, client) => keepCalling(client))
  const calm = async () => {
    state.running = false
    await Promise.all(clients)
    expect(failures).toEqual([])
    expect(state.answers).toBeGreaterThan(30)
  }
  return { backend, start, running, calm }
}

it(
  'a rolling restart under load: instances drain and deregister one after the other, and not one request fails',
  { timeout: 60_000 },
  async () => {
    const { start, running, calm } = await underLoad(['GET', 'POST', 'PUT'])
    for (const { child, ended, complaints } of running) {
      await pause(100)
      child.kill('SIGTERM')
      expect(await ended).toEqual([0, null])
      expect(complaints()).toBe('')
      await start()
    }
    await calm()
  },
)

it(
  'instances that are killed one after the other, without a word to the registry: no idempotent request fails',
  { timeout: 60_000 },
  async () => {
    const { backend, start, running, calm } = await underLoad(['GET', 'PUT'])
    for (const { child, ended, told } of running) {
      await pause(100)
      child.kill('SIGKILL')
      await ended
      await pause(400) // as long as nothing has come of its heartbeats
      await backend.deregister(told.id)
      await start()
    }
    await calm()
  },
)
