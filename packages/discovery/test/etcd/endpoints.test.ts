import { EtcdRegistryBackend } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { serverIsMissing } from 'hazeljs-test-servers'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { afterEach, describe, expect, it } from 'vitest'
import { follow, until, useEtcd } from './etcd.fixture.js'
import { TcpProxy } from './tcp-proxy.fixture.js'

describe.skipIf(serverIsMissing('etcd'))('the endpoints of etcd', () => {
  const etcd = useEtcd()
  const open: { close(): unknown }[] = []
  afterEach(() => Promise.all(open.splice(0).map((one) => one.close())))

  const proxy = async () => {
    const made = await TcpProxy.to(etcd.server.port)
    open.push(made)
    return made
  }
  /** Nobody listens there any more. */
  const refusing = async () => {
    const made = await TcpProxy.to(etcd.server.port)
    await made.close()
    return made.url
  }

  it('are tried in turn: one that refuses and one that hangs are passed over, and the next request knows', async () => {
    const hanging = await proxy()
    hanging.stall()
    const endpoints = [await refusing(), hanging.url, etcd.server.url]
    const backend = new EtcdRegistryBackend({ endpoints, requestTimeout: '400ms' }, { random: { next: () => 0 } })
    open.push(backend)
    await backend.register(sampleInstance())
    const startMs = performance.now()
    for (let call = 0; call < 20; call++) expect(await backend.getInstances('orders')).toHaveLength(1)
    expect(performance.now() - startMs).toBeLessThan(400 * 20)
  })

  it('serve a watch in turn', async () => {
    const first = await proxy()
    const second = await proxy()
    const backend = etcd.backend({ endpoints: [first.url, second.url], requestTimeout: '400ms', watchIdleTimeout: '300ms' })
    const watch = follow(backend)
    await until(() => watch.ports()?.length === 0, 'the watch has begun')
    for (const [dead, alive] of [
      [first, second],
      [second, first],
    ] as const) {
      dead.stall()
      alive.flow()
      dead.cut()
      const { length } = watch.ports() ?? []
      await backend.register(sampleInstance({ port: length + 1 }))
      await until(() => watch.ports()?.length === length + 1, 'the watch tells of it')
    }
    expect(watch.ports()).toEqual([1, 2])
  })

  it('that all refuse are named, each with its reason', async () => {
    const urls = [await refusing(), await refusing()] as const
    const backend = etcd.backend({ endpoints: urls })
    const [a, b] = urls
    await expect(backend.getInstances('orders')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    await expect(backend.getInstances('orders')).rejects.toThrow(
      /No etcd endpoint answered: .*ECONNREFUSED.*; .*ECONNREFUSED.* Check that etcd runs/,
    )
    await expect(backend.getInstances('orders')).rejects.toThrow(a)
    await expect(backend.getInstances('orders')).rejects.toThrow(b)
    const watch = follow(backend)
    await until(() => watch.failures().length === 1, 'the watch says that it failed')
  })

  it('that hang fail every call in bounded time, and the process is not hurt', async () => {
    const hanging = await proxy()
    hanging.stall()
    const backend = etcd.backend({ endpoints: hanging.url, requestTimeout: '200ms' })
    const calls = [
      () => backend.register(sampleInstance()),
      () => backend.deregister('x'),
      () => backend.heartbeat('x'),
      () => backend.getInstances('orders'),
      () => backend.getInstance('x'),
      () => backend.getAllServices(),
      () => backend.updateStatus('x', 'UP'),
    ]
    const failures = await Promise.all(calls.map((call) => call().then(String, (error: unknown) => String(error))))
    for (const failure of failures) expect(failure).toContain(`${hanging.url}: no answer within 200 ms`)
  })

  it('that are no etcd are told apart', async () => {
    const server = createServer((_request, response) => response.writeHead(404).end('<h1>Not here</h1>')).listen(0, '127.0.0.1')
    open.push({ close: () => server.close() })
    await once(server, 'listening')
    const backend = etcd.backend({ endpoints: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    await expect(backend.getAllServices()).rejects.toThrow(/answered 404 <h1>Not here<\/h1>; expected the JSON gateway of etcd/)
    const watch = follow(backend)
    await until(() => watch.failures().length === 1, 'the watch says so too')
  })

  it('are not asked once the backend is closed', async () => {
    const backend = etcd.backend()
    await backend.register(sampleInstance())
    await backend.close()
    await expect(backend.getInstances('orders')).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    expect(() => backend.watch('orders', () => undefined)).toThrow('The etcd backend is closed')
  })
})
