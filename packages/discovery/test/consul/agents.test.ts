import { serverIsMissing } from 'hazeljs-test-servers'
import { describe, expect, it } from 'vitest'
import { ConsulRegistryBackend } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { clientOf, record, withAgent } from './agent.fixture.js'

const { id } = sampleInstance()

describe.skipIf(serverIsMissing('consul'))('several agents', { timeout: 30_000 }, () => {
  it('are one registry, in which each changes what was registered with it, and no id counts twice', () =>
    withAgent(async ({ server, backend: here }) => {
      const agent = await server.startAgent('far-away')
      const client = clientOf(agent)
      const there = new ConsulRegistryBackend(client)
      const watch = record(here, 'orders')
      try {
        await there.register(sampleInstance({ registeredAt: 1, tags: ['there'] }))
        await expect.poll(() => watch.last()?.ids, { timeout: 5_000 }).toEqual([id])
        expect(await here.getInstance(id)).toEqual(await there.getInstance(id))

        await expect(here.updateStatus(id, 'DOWN')).rejects.toThrow(
          /Consul cannot set the status of orders:127.0.0.1:3000 here: it is registered with the agent of node far-away/,
        )
        await expect(here.deregister(id)).rejects.toThrow(/registered with the agent of node far-away/)
        expect(await here.heartbeat(id)).toBe(false)

        await here.register(sampleInstance({ registeredAt: 2, tags: ['here'] }))
        for (const backend of [here, there]) expect((await backend.getInstances('orders')).map(({ tags }) => tags)).toEqual([['here']])
        await here.deregister(id)
        expect((await there.getInstances('orders')).map(({ tags }) => tags)).toEqual([['there']])
        await there.deregister(id)
        await expect.poll(() => watch.last()?.removed, { timeout: 5_000 }).toEqual([`${id} deregistered`])
      } finally {
        watch.stop()
        client.destroy()
        await agent.kill()
      }
    }))
})
