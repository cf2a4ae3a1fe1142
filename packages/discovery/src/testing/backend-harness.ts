import assert from 'node:assert/strict'
import type { ServiceInstance } from '@hazeljs/core'
import type { RegistryBackend, RegistryEvent, RegistrySnapshot } from '../backends/registry-backend.js'

/** A backend under test, empty, with a way to let time pass for it. */
export interface BackendHarness {
  readonly backend: RegistryBackend
  /** Moves the backend's clock on, or waits. */
  advance(ms: number): Promise<void>
  /** Called after each test. */
  close?(): Promise<void>
}

/** How long a change may take to reach a watch. */
export const watchPatienceMs = 5_000
const stepMs = 20

/** A watch of `orders` that remembers what it was told. */
export function recordWatch(backend: RegistryBackend, { advance }: BackendHarness) {
  const events: RegistryEvent[] = []
  const stop = backend.watch?.('orders', (event) => events.push(event)) ?? (() => undefined)
  const snapshots = () => events.filter((event): event is RegistrySnapshot => event.kind === 'snapshot')
  const untilInstances = async (holds: (instances: readonly ServiceInstance[]) => boolean, withinMs = watchPatienceMs) => {
    for (let waitedMs = 0; waitedMs <= withinMs; waitedMs += stepMs) {
      const last = snapshots().at(-1)
      if (last !== undefined && holds(last.instances)) return
      await advance(stepMs)
    }
    assert.fail(`The watch did not tell it within ${withinMs} ms; it told ${JSON.stringify(events)}`)
  }
  const until = (holds: (ids: readonly string[]) => boolean, withinMs?: number) =>
    untilInstances((instances) => holds(instances.map(({ id }) => id)), withinMs)
  return { events, snapshots, stop, until, untilInstances }
}
