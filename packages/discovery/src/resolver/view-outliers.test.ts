import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { MemoryRegistryBackend } from '../backends/memory/memory-registry-backend.js'
import type { DiscoveryClientOptions } from '../config.js'
import { DiscoveryClient } from '../discovery-client.js'
import { defaultBaseEjectionMs, defaultConsecutiveFailures } from '../health/outlier/options.js'
import { ejectionJitter } from '../health/outlier/outlier-detector.js'
import { sampleInstance } from '../testing/index.js'

async function setup(options: DiscoveryClientOptions = {}, count = 4) {
  const clock = new FakeClock()
  const backend = new MemoryRegistryBackend({ ttl: '1h' }, clock)
  for (let port = 1; port <= count; port++) await backend.register(sampleInstance({ port, tags: [port === 1 ? 'canary' : 'stable'] }))
  const client = new DiscoveryClient(options, backend, { clock, random: new SeededRandom(1) })
  const picker = client.picker('orders')
  await picker.whenReady()
  const ports = () => picker.instances.map(({ port }) => port)
  /** Calls to `failing` fail. @returns how many did */
  const call = (calls: number, failing: number) => {
    let failures = 0
    for (let done = 0; done < calls; done++) {
      const lease = picker.acquire()
      const failed = lease?.instance.port === failing
      if (failed) failures++
      lease?.release(failed ? 'failure' : 'success')
    }
    return failures
  }
  return { clock, backend, client, picker, ports, call }
}

describe('outlier ejection by a discovery client', () => {
  it('takes out whose calls fail for a while, in all subsets and strategies', async () => {
    const { clock, client, ports, call } = await setup()
    const other = client.picker('orders', { strategy: 'random', filter: { tags: ['stable'] } })
    const events: unknown[] = []
    client.on('ejected', ({ service, instance, reason }) => events.push([service, instance.port, reason]))
    client.on('readmitted', ({ service, instance, reason }) => events.push([service, instance.port, reason]))
    call(4 * defaultConsecutiveFailures, 2)
    await clock.advance(0)
    expect(ports()).toEqual([1, 3, 4])
    expect(other.instances.map(({ port }) => port)).toEqual([3, 4])
    await clock.advance(defaultBaseEjectionMs * (1 + ejectionJitter))
    expect(ports()).toEqual([1, 2, 3, 4])
    expect(events).toEqual([
      ['orders', 2, 'consecutive-failures'],
      ['orders', 2, 'time'],
    ])
  })

  it('lets a subset of which all are ejected go on', async () => {
    const { clock, client, ports, call } = await setup()
    const canary = client.picker('orders', { filter: { tags: ['canary'] } })
    call(4 * defaultConsecutiveFailures, 1)
    await clock.advance(0)
    expect(ports()).toEqual([2, 3, 4])
    expect(canary.acquire()?.instance.port).toBe(1)
  })

  it('readmits where others left, also in subsets that they were not in', async () => {
    const { clock, backend, client, ports, call } = await setup({ outlierDetection: { maxEjectedPercent: 50 } })
    const canary = client.picker('orders', { filter: { tags: ['canary'] }, strategy: 'random' })
    for (const port of [1, 2]) call(8 * defaultConsecutiveFailures, port)
    await clock.advance(0)
    expect(ports()).toEqual([3, 4])
    await backend.deregister(sampleInstance({ port: 4 }).id)
    await backend.deregister(sampleInstance({ port: 3 }).id)
    await clock.advance(0)
    expect(ports().length).toBeGreaterThanOrEqual(1)
    expect(canary.acquire()?.instance.port).toBe(1)
  })

  it('is off where it is turned off, and has the options that it is given', async () => {
    const off = await setup({ outlierDetection: false })
    off.call(100, 2)
    await off.clock.advance(0)
    expect(off.ports()).toEqual([1, 2, 3, 4])
    const hasty = await setup({ outlierDetection: { consecutiveFailures: 1 } })
    hasty.call(4, 2)
    await hasty.clock.advance(0)
    expect(hasty.ports()).toEqual([1, 3, 4])
    expect(() => new DiscoveryClient({ outlierDetection: { consecutiveFailures: -1 } })).toThrow(/outlierDetection\.consecutiveFailures/)
  })

  it('leaves no timers when the client closes', async () => {
    const { clock, client, call } = await setup()
    call(4 * defaultConsecutiveFailures, 2)
    await client.close()
    await clock.advance(0)
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('balancing options of a discovery client', () => {
  it('reach its balancers: one client id for all of them', async () => {
    const { client, ports } = await setup({ subsetting: { size: 3 } }, 20)
    const other = client.picker('orders', { strategy: 'random' })
    expect(ports()).toHaveLength(3)
    expect(other.instances.map(({ port }) => port)).toEqual(ports())
  })

  it('are checked whole', () => {
    const wrong: DiscoveryClientOptions = {
      slowStart: { window: 0, minWeight: 101, aggression: 0 },
      panicThreshold: -1,
      subsetting: { size: 0, clientId: '' },
      leastConnections: { latency: 'slowest' as 'off', decay: 'soon' },
    }
    expect(() => new DiscoveryClient(wrong)).toThrow(
      /slowStart\.window(.|\n)*slowStart\.minWeight(.|\n)*slowStart\.aggression(.|\n)*panicThreshold(.|\n)*subsetting\.size(.|\n)*subsetting\.clientId(.|\n)*leastConnections\.latency(.|\n)*leastConnections\.decay/,
    )
    expect(() => new DiscoveryClient({ subsetting: {} as { size: number } })).toThrow(
      /subsetting\.size is required|subsetting\.size: is required/,
    )
  })
})
