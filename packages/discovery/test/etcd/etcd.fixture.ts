import { setTimeout as pause } from 'node:timers/promises'
import {
  type EtcdBackendOptions,
  EtcdRegistryBackend,
  type RegistryBackend,
  type RegistryEvent,
  type RegistrySnapshot,
} from '@hazeljs/discovery'
import { EtcdServer } from 'hazeljs-test-servers'
import { afterAll, afterEach, beforeAll } from 'vitest'

export const base64 = (text: string) => Buffer.from(text).toString('base64')

/** An etcd for the tests of a file, and backends that are closed after each of them. */
export function useEtcd(...args: readonly string[]) {
  let server: EtcdServer
  let prefixes = 0
  const open: EtcdRegistryBackend[] = []
  beforeAll(async () => {
    server = await EtcdServer.start(...args)
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((backend) => backend.close()))
  })
  afterAll(() => server.kill())
  return {
    get server() {
      return server
    },
    /** Keys that no other test uses. */
    freshPrefix: () => `test-${prefixes++}/`,
    backend(options: Partial<EtcdBackendOptions> = {}, logged: string[] = []) {
      const log = (_fields: object, message: string) => logged.push(message)
      const logger = { debug: log, info: log, warn: log, error: log }
      const backend = new EtcdRegistryBackend({ endpoints: server.url, keyPrefix: `test-${prefixes++}/`, ...options }, { logger })
      open.push(backend)
      return backend
    },
    /** A request as etcdctl would make it. */
    ask: (path: string, body: object, token?: string) => ask(server.url, path, body, token),
    put: (key: string, value: string) => ask(server.url, 'kv/put', { key: base64(key), value: base64(value) }),
    /** Leases that etcd knows. */
    leases: async () => ((await ask(server.url, 'lease/leases', {})).leases ?? []).map(({ ID }) => ID),
  }
}

interface Answer {
  readonly header?: { readonly revision?: string }
  readonly leases?: readonly { readonly ID: string }[]
  readonly kvs?: readonly { readonly key: string; readonly lease?: string }[]
  readonly token?: string
}

async function ask(url: string, path: string, body: object, token?: string): Promise<Answer> {
  const response = await fetch(`${url}/v3/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    ...(token !== undefined && { headers: { authorization: token } }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path}: ${text}`)
  return JSON.parse(text) as Answer
}

/** What a watch is told. */
export function follow(backend: RegistryBackend, name = 'orders') {
  const events: RegistryEvent[] = []
  const stop = backend.watch?.(name, (event) => events.push(event)) ?? (() => undefined)
  const snapshots = () => events.filter((event): event is RegistrySnapshot => event.kind === 'snapshot')
  return {
    events,
    snapshots,
    stop,
    ports: () =>
      snapshots()
        .at(-1)
        ?.instances.map(({ port }) => port),
    failures: () => events.flatMap((event) => (event.kind === 'failure' ? [event.error.message] : [])),
    removed: () => snapshots().flatMap(({ removed }) => removed),
  }
}

export async function until(holds: () => unknown, what: string, withinMs = 10_000): Promise<void> {
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += 10) {
    if (await holds()) return
    await pause(10)
  }
  throw new Error(`It was not so within ${withinMs} ms: ${what}`)
}
