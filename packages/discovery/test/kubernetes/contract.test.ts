import { setTimeout as pause } from 'node:timers/promises'
import { KubernetesRegistryBackend } from '@hazeljs/discovery'
import { KubernetesApiServer, readOnlyBackendContract } from '@hazeljs/discovery/testing'
import { describe, it } from 'vitest'
import { kubeConfigOf } from './cluster.fixture.js'
import { slice } from './slices.fixture.js'

describe('KubernetesRegistryBackend', () => {
  readOnlyBackendContract({ describe, it }, async () => {
    const server = await KubernetesApiServer.start()
    const put = (service: string, port: number, addresses: readonly string[]) =>
      server.put(slice(`${service}-${port}`, addresses, { ports: [{ name: 'http', port }] }, service))
    return {
      backend: new KubernetesRegistryBackend(kubeConfigOf(server.kubeConfig())),
      advance: (ms) => pause(ms),
      setInstances: async (service, addresses) => {
        const ports = new Set(addresses.map(({ port }) => port))
        // A slice for each port, as Kubernetes makes them; those that are emptied stay for a while.
        for (const port of ports)
          put(
            service,
            port,
            addresses.filter((address) => address.port === port).map(({ host }) => host),
          )
        for (const { metadata } of server.slices) {
          const port = Number(metadata.name.split('-').at(-1))
          if (metadata.name === `${service}-${port}` && !ports.has(port)) put(service, port, [])
        }
      },
      close: () => server.close(),
    }
  })
})
