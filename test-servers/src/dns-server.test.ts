import { Resolver } from 'node:dns/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DnsServer } from './dns-server.js'
import { serverIsMissing } from './missing.js'

describe.skipIf(serverIsMissing('dnsmasq'))('DnsServer', () => {
  let server: DnsServer
  const resolver = new Resolver({ timeout: 1_000, tries: 1 })
  beforeAll(async () => {
    server = await DnsServer.start()
    resolver.setServers([server.address])
  })
  afterAll(() => server.kill())

  it('tells addresses, and others when they change', async () => {
    server.setHosts({ 'orders.internal': ['10.0.0.1', '10.0.0.2', '2001:db8::1'] })
    await expect.poll(async () => (await resolver.resolve4('orders.internal').catch(() => [])).sort()).toEqual(['10.0.0.1', '10.0.0.2'])
    expect(await resolver.resolve6('orders.internal')).toEqual(['2001:db8::1'])
    server.setHosts({ 'orders.internal': ['10.0.0.3'] })
    await expect.poll(() => resolver.resolve4('orders.internal')).toEqual(['10.0.0.3'])
    await expect(resolver.resolve6('orders.internal')).rejects.toMatchObject({ code: 'ENODATA' })
  })

  it('tells services', async () => {
    await server.setServices({ '_http._tcp.orders.internal': [{ target: 'a.internal', port: 3000, priority: 1, weight: 2 }] })
    expect(await resolver.resolveSrv('_http._tcp.orders.internal')).toEqual([{ name: 'a.internal', port: 3000, priority: 1, weight: 2 }])
  })

  it('tells unknown names from those that are not its own', async () => {
    await expect(resolver.resolve4('nobody.internal')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await expect(resolver.resolve4('nobody.elsewhere')).rejects.toMatchObject({ code: 'EREFUSED' })
  })

  it('hangs, wakes, is killed and starts again on the same port', async () => {
    server.hang()
    await expect(resolver.resolve4('nobody.internal')).rejects.toMatchObject({ code: 'ETIMEOUT' })
    server.wake()
    await expect(resolver.resolve4('nobody.internal')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await server.kill()
    await expect(resolver.resolve4('nobody.internal')).rejects.toMatchObject({
      code: expect.stringMatching(/ECONNREFUSED|ETIMEOUT/) as string,
    })
    await server.restart()
    expect(await resolver.resolveSrv('_http._tcp.orders.internal')).toHaveLength(1)
  })
})
