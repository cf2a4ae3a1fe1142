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

/** A backend that is only read, without instances, with a way to change what it reads. */
export interface ReadOnlyBackendHarness extends BackendHarness {
  /** Puts instances at these addresses, UP, in the place of those of the service. The backend may see it later. */
  setInstances(service: string, addresses: readonly Pick<ServiceInstance, 'host' | 'port'>[]): Promise<void>
}

/** How long a change may take to reach a watch. */
export const watchPatienceMs = 5_000
const stepMs = 20
/** How long silence is listened to. */
export const silenceMs = 100

/** A watch of `orders`, or of another service, that remembers what it was told. */
export function recordWatch(backend: RegistryBackend, harness: BackendHarness, service = 'orders') {
  const events: RegistryEvent[] = []
  const stop = backend.watch?.(service, (event) => events.push(event)) ?? (() => undefined)
  const snapshots = () => events.filter((event): event is RegistrySnapshot => event.kind === 'snapshot')
  const untilInstances = (holds: (instances: readonly ServiceInstance[]) => boolean, withinMs?: number) => {
    const isTold = () => {
      const last = snapshots().at(-1)
      return last !== undefined && holds(last.instances)
    }
    return untilItHolds(harness, isTold, () => `the watch told ${JSON.stringify(events)}`, withinMs)
  }
  const until = (holds: (ids: readonly string[]) => boolean, withinMs?: number) =>
    untilInstances((instances) => holds(instances.map(({ id }) => id)), withinMs)
  return { events, snapshots, stop, until, untilInstances }
}

/** Lets time pass until it holds, and fails with what is seen instead when that takes too long. */
export async function untilItHolds(
  { advance }: BackendHarness,
  holds: () => boolean | Promise<boolean>,
  seen: () => string,
  withinMs = watchPatienceMs,
): Promise<void> {
  for (let waitedMs = 0; waitedMs <= withinMs; waitedMs += stepMs) {
    if (await holds()) return
    await advance(stepMs)
  }
  assert.fail(`It did not come about within ${withinMs} ms: ${seen()}`)
}

export async function idsOf(backend: RegistryBackend, name: string): Promise<string[]> {
  return (await backend.getInstances(name)).map(({ id }) => id).sort()
}
