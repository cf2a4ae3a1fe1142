import { type ServiceInstance, ServiceStatus } from '@hazeljs/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { difference, toSnapshot } from '../resolver/snapshot.js'
import { sampleInstance } from '../testing/index.js'
import type { RegistryEvent } from './registry-backend.js'
import { SharedWatches, type WatchSink } from './shared-watches.js'

const instances = fc.uniqueArray(
  fc
    .record({
      port: fc.integer({ min: 1, max: 4 }),
      status: fc.constantFrom(ServiceStatus.UP, ServiceStatus.DOWN),
      lastHeartbeat: fc.nat(2),
    })
    .map((parts) => sampleInstance(parts)),
  { selector: ({ id }) => id },
)
const step = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant('state' as const), instances }), weight: 4 },
  fc.constant({ kind: 'failed' as const }),
  fc.constant({ kind: 'join' as const }),
  fc.record({ kind: fc.constant('leave' as const), who: fc.nat(5) }),
  fc.constant({ kind: 'settle' as const }),
)

const settle = () => new Promise((resolve) => setImmediate(resolve))

it('leaves every listener, whenever it came, with the truth, and tells it nothing twice', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      let sink: WatchSink | undefined
      const watches = new SharedWatches((_service, given) => {
        sink = given
        return () => undefined
      })
      const listeners: { readonly events: RegistryEvent[]; readonly stop: () => void; left: boolean }[] = []
      const join = () => {
        const events: RegistryEvent[] = []
        listeners.push({ events, stop: watches.watch('orders', (event) => events.push(event)), left: false })
      }
      let truth: readonly ServiceInstance[] | 'failing' | undefined
      join()
      await settle()
      for (const one of steps) {
        if (one.kind === 'state') sink?.state((truth = one.instances))
        else if (one.kind === 'failed') {
          sink?.failed(new Error('away'))
          truth = 'failing'
        } else if (one.kind === 'join') join()
        else if (one.kind === 'settle') await settle()
        else {
          const leaver = listeners[one.who + 1]
          leaver?.stop()
          if (leaver !== undefined) leaver.left = true
        }
      }
      await settle()
      for (const { events, left } of listeners) {
        if (!left) expectTruth(events, truth)
        expectNews(events)
      }
    }),
  ))

function expectTruth(events: readonly RegistryEvent[], truth: readonly ServiceInstance[] | 'failing' | undefined): void {
  const last = events.at(-1)
  if (truth === undefined) expect(events).toEqual([])
  else if (truth === 'failing') expect(last?.kind).toBe('failure')
  else expect(last?.kind === 'snapshot' && difference(last.instances, toSnapshot(truth)).changed).toBe(false)
}

/** Each event says something that the one before did not, and whoever is missing is said to have left. */
function expectNews(events: readonly RegistryEvent[]): void {
  let known: readonly ServiceInstance[] = []
  events.forEach((event, index) => {
    const before = events[index - 1]
    if (event.kind === 'failure') {
      expect(before?.kind).not.toBe('failure')
      return
    }
    if (before?.kind === 'snapshot') expect(difference(before.instances, event.instances).changed).toBe(true)
    const present = new Set(event.instances.map(({ id }) => id))
    const removed = new Set(event.removed.map(({ id }) => id))
    expect(known.filter(({ id }) => !present.has(id) && !removed.has(id))).toEqual([])
    expect(event.removed.filter(({ id }) => present.has(id))).toEqual([])
    known = event.instances
  })
}
