import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { DiscoveryClient, MemoryRegistryBackend, ServiceClient, type ServiceClientOptions } from '@hazeljs/discovery'
import { describe, expect, it } from 'vitest'
import { afterTest, type LeaseRecord, register, watched } from './services.js'

const service = `
require('node:http')
  .createServer((request, response) => setTimeout(() => response.end('ok'), 2))
  .listen(0, '127.0.0.1', function () { process.send(this.address().port) })
`

async function startProcess(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(process.execPath, ['-e', service], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  afterTest(() => child.kill('SIGKILL'))
  const [port] = (await once(child, 'message')) as [number]
  return { child, port }
}

interface Load {
  readonly leases: readonly LeaseRecord[]
  readonly visible: unknown[]
  readonly calls: () => number
  stop(): Promise<void>
}

/** A client of its own that calls all the time. */
function startLoad(backend: MemoryRegistryBackend, options: Partial<ServiceClientOptions>, method: string, concurrency: number): Load {
  const inner = new DiscoveryClient({}, backend)
  const { discovery, leases } = watched(inner)
  const client = new ServiceClient(discovery, { serviceName: 'users', ...options })
  const visible: unknown[] = []
  let calls = 0
  let running = true
  const loop = async () => {
    while (running) {
      const answer = await client.request(method, '/').catch((error: unknown) => error)
      if ((answer as { readonly status?: number }).status !== 200) visible.push(answer)
      calls++
    }
  }
  const loops = Array.from({ length: concurrency }, loop)
  const stop = async () => {
    running = false
    await Promise.all(loops)
    await client.close()
    await inner.close()
  }
  return { leases, visible, calls: () => calls, stop }
}

/** Three instances, one of which is killed under load while the registry goes on saying that it is UP. */
async function killOne(options: Partial<ServiceClientOptions>, method: string, clients: number, concurrency: number) {
  const backend = new MemoryRegistryBackend()
  const processes = await Promise.all([1, 2, 3].map(startProcess))
  for (const { port } of processes) await register(backend, { port })
  const loads = Array.from({ length: clients }, () => startLoad(backend, options, method, concurrency))
  const reach = async (calls: number) => {
    while (loads.some((load) => load.calls() < calls)) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await reach(100)
  const victim = processes[1]
  victim?.child.kill('SIGKILL')
  await reach(400)
  await Promise.all(loads.map((load) => load.stop()))
  return loads.map(({ leases, visible }) => {
    const failed = leases.filter(({ outcomes }) => outcomes.includes('failure'))
    return { victim: victim?.port, leases, visible, failed }
  })
}

/** As many failures in a row eject an instance. */
const ejectsAfter = 5

describe('an instance that is killed under load', { timeout: 30_000 }, () => {
  it('costs each client five failed attempts at most, and no caller sees one', async () => {
    for (const { victim, leases, visible, failed } of await killOne({}, 'GET', 2, 1)) {
      expect(visible).toEqual([])
      expect(failed.length).toBeGreaterThan(0)
      expect(failed.length).toBeLessThanOrEqual(ejectsAfter)
      expect(failed.every(({ port }) => port === victim)).toBe(true)
      expect(leases.slice(-200).some(({ port }) => port === victim)).toBe(false)
    }
  })

  it('costs a busy client those, and what else was under way, and no caller sees one', async () => {
    const [load] = await killOne({}, 'GET', 1, 30)
    expect(load?.visible).toEqual([])
    expect(load?.failed.length).toBeLessThan(ejectsAfter + 30)
  })

  it('costs no more without retries', async () => {
    const [load] = await killOne({ retries: 0 }, 'GET', 1, 1)
    expect(load?.visible.length).toBeGreaterThan(0)
    expect(load?.visible.length).toBeLessThanOrEqual(ejectsAfter)
  })

  it('costs what must not happen twice only what was under way: the rest was never sent, and is tried elsewhere', async () => {
    const [load] = await killOne({}, 'POST', 1, 3)
    expect(load?.visible.length).toBeLessThanOrEqual(3)
    expect(load?.visible.every((error) => (error as { readonly code?: string }).code === 'SERVICE_CONNECTION_LOST')).toBe(true)
    expect(load?.failed.length).toBeLessThan(ejectsAfter + 3)
  })
})
