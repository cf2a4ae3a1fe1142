import { setTimeout as pause } from 'node:timers/promises'
import { DiscoveryClient, type RegistryBackend, ServiceRegistry } from '@hazeljs/discovery'

/** Instances that register themselves, and a client that asks for one all the time. */
export async function traffic(ports: readonly number[], registrar: RegistryBackend, reader: RegistryBackend) {
  const registries = ports.map((port) => new ServiceRegistry({ name: 'orders', port }, registrar))
  await Promise.all(registries.map((registry) => registry.register()))
  const client = new DiscoveryClient({}, reader)
  const stale: string[] = []
  client.on('stale', ({ error }) => stale.push(error.message))
  const failures: string[] = []
  const state = { asked: 0, running: true }
  const loop = (async () => {
    while (state.running) {
      const instance = await client.getInstance('orders').catch((error: unknown) => String(error))
      if (instance === null || typeof instance === 'string') failures.push(instance ?? 'no instance')
      state.asked++
      await pause(2)
    }
  })()
  return {
    registries,
    client,
    failures,
    stale,
    get asked() {
      return state.asked
    },
    async stop() {
      state.running = false
      await loop
      await client.close()
    },
  }
}
