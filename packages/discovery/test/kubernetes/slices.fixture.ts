import type { ServiceInstance } from '@hazeljs/core'
import type { RegistryBackend, RegistryEvent } from '@hazeljs/discovery'
import type { EndpointSlice, SliceEndpoint, SlicePort } from '@hazeljs/discovery/testing'
import { onTestFinished } from 'vitest'

const http: SlicePort = { name: 'http', port: 8080 }

/** An endpoint at an address. */
export function endpoint(address: string, more: Partial<SliceEndpoint> = {}): SliceEndpoint {
  return { addresses: [address], conditions: { ready: true, serving: true, terminating: false }, ...more }
}

export const unready = { ready: false, serving: false, terminating: false }
export const draining = { ready: false, serving: true, terminating: true }
export const gone = { ready: false, serving: false, terminating: true }

/** A slice of a service, `orders` by default, in the namespace `default`. */
export function slice(
  name: string,
  endpoints: readonly (SliceEndpoint | string)[],
  more: Partial<EndpointSlice> = {},
  service = 'orders',
): EndpointSlice {
  const { metadata, ...rest } = more
  return {
    addressType: 'IPv4',
    ports: [http],
    endpoints: endpoints.map((one) => (typeof one === 'string' ? endpoint(one) : one)),
    ...rest,
    metadata: { name, ...metadata, labels: { 'kubernetes.io/service-name': service, ...metadata?.labels } },
  }
}

/** `host:port status` of each instance, in order. */
export function shown(instances: readonly ServiceInstance[]): string[] {
  return instances.map(({ host, port, status }) => `${host}:${port} ${status}`).sort()
}

export function hosts(instances: readonly ServiceInstance[]): string[] {
  return instances.map(({ host }) => host).sort()
}

/** A watch that remembers what it was told, until the test ends. */
export function watchOf(backend: RegistryBackend, service = 'orders') {
  const events: RegistryEvent[] = []
  const stop = backend.watch?.(service, (event) => events.push(event)) ?? (() => undefined)
  onTestFinished(stop)
  const last = () => events.at(-1)
  return {
    events,
    stop,
    /** The instances told last; `undefined` while it fails, or has told nothing. */
    instances: () => {
      const event = last()
      return event?.kind === 'snapshot' ? event.instances : undefined
    },
    hosts: () => {
      const event = last()
      return event?.kind === 'snapshot' ? hosts(event.instances) : undefined
    },
    failures: () => events.flatMap((event) => (event.kind === 'failure' ? [event.error] : [])),
    removed: () => events.flatMap((event) => (event.kind === 'snapshot' ? event.removed : [])),
  }
}
