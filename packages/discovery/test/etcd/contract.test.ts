import { setTimeout as pause } from 'node:timers/promises'
import { EtcdRegistryBackend } from '@hazeljs/discovery'
import { backendContract } from '@hazeljs/discovery/testing'
import { EtcdServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, beforeAll, describe, it } from 'vitest'

describe.skipIf(serverIsMissing('etcd'))('EtcdRegistryBackend on etcd', () => {
  let server: EtcdServer
  let test = 0
  beforeAll(async () => {
    server = await EtcdServer.start()
  })
  afterAll(() => server.kill())

  backendContract({ describe, it: (name, body) => it.concurrent(name, body, 20_000) }, () => ({
    backend: new EtcdRegistryBackend({ endpoints: server.url, keyPrefix: `test-${test++}`, ttl: '2s' }),
    advance: async (ms) => {
      await pause(ms)
    },
  }))
})
