import { performance } from 'node:perf_hooks'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { serverIsMissing } from 'hazeljs-test-servers'
import { describe, expect, it } from 'vitest'
import { base64, follow, until, useEtcd } from './etcd.fixture.js'

/** etcd's limit of operations in one transaction is 128. */
const batch = 125

describe.skipIf(serverIsMissing('etcd'))('the figures of etcd', () => {
  const etcd = useEtcd()

  it('10,000 instances of one service: listing them, and one change among them', { timeout: 60_000 }, async () => {
    const count = 10_000
    const put = (index: number) => {
      const instance = sampleInstance({ port: index + 1, zone: 'eu-1a', tags: ['api'], metadata: { version: '1.0.0', weight: 80 } })
      return { request_put: { key: base64(`many/services/orders/${instance.id}`), value: base64(JSON.stringify(instance)) } }
    }
    for (let start = 0; start < count; start += batch) {
      await etcd.ask('kv/txn', { success: Array.from({ length: batch }, (_, index) => put(start + index)) })
    }
    const backend = etcd.backend({ keyPrefix: 'many' })
    const list = async () => {
      const startMs = performance.now()
      expect(await backend.getInstances('orders')).toHaveLength(count)
      return performance.now() - startMs
    }
    const first = await list()
    const again = await list()
    const watch = follow(backend)
    await until(() => watch.ports()?.length === count, 'the watch tells all')
    const changes: number[] = []
    for (let change = 1; change <= 10; change++) {
      const startMs = performance.now()
      let toldMs: number | undefined
      const stop = backend.watch('orders', (event) => {
        if (event.kind === 'snapshot' && event.instances.length === count + change) toldMs ??= performance.now() - startMs
      })
      await backend.register(sampleInstance({ port: 20_000 + change }))
      await until(() => toldMs !== undefined, 'the watch tells of one more')
      changes.push(toldMs ?? Infinity)
      stop()
    }
    console.log(
      `etcd, 10,000 instances: listed in ${ms(first)}, again in ${ms(again)}; one more is registered and told in ${ms(median(changes))}`,
    )
  })

  it('from a registration to a watch of another process, which is told', async () => {
    const keyPrefix = etcd.freshPrefix()
    const watching = etcd.backend({ keyPrefix })
    const registering = etcd.backend({ keyPrefix })
    const toldAtMs = new Map<number, number>()
    watching.watch('orders', (event) => {
      if (event.kind !== 'snapshot') return
      for (const { port } of event.instances) if (!toldAtMs.has(port)) toldAtMs.set(port, performance.now())
    })
    await registering.register(sampleInstance({ port: 999 }))
    await until(() => toldAtMs.has(999), 'the watch has begun')
    const delays: number[] = []
    for (let port = 1; port <= 100; port++) {
      const startMs = performance.now()
      await registering.register(sampleInstance({ port }))
      await until(() => toldAtMs.has(port), 'the watch tells of it')
      delays.push((toldAtMs.get(port) ?? Infinity) - startMs)
    }
    console.log(`etcd, from register() to a watch being told: median ${ms(median(delays))}, largest of 100 ${ms(Math.max(...delays))}`)
    expect(median(delays)).toBeLessThan(500)
  })
})

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}
