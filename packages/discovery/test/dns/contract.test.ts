import { DnsRegistryBackend } from '@hazeljs/discovery'
import { readOnlyBackendContract } from '@hazeljs/discovery/testing'
import { DnsServer, type DnsService, serverIsMissing } from 'hazeljs-test-servers'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, it } from 'vitest'

describe.skipIf(serverIsMissing('dnsmasq'))('DnsRegistryBackend with SRV records of a real server', () => {
  readOnlyBackendContract({ describe, it }, async () => {
    const server = await DnsServer.start()
    const hosts: Record<string, readonly string[]> = {}
    const services: Record<string, readonly DnsService[]> = {}
    const backend = new DnsRegistryBackend({
      hostname: '_http._tcp.{service}.internal',
      record: 'srv',
      servers: [server.address],
      refreshInterval: 100,
      minTtl: 100,
    })
    return {
      backend,
      advance: (ms) => wait(ms),
      setInstances: async (service, addresses) => {
        for (const { host } of addresses) hosts[nameOf(host)] = [host]
        services[`_http._tcp.${service}.internal`] = addresses.map(({ host, port }) => ({ target: nameOf(host), port }))
        server.setHosts(hosts)
        await server.setServices(services)
      },
      close: () => server.kill(),
    }
  })
})

function nameOf(address: string): string {
  return `host-${address.replaceAll('.', '-')}.internal`
}
