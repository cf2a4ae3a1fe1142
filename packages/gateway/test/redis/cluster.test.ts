import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { Cluster } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { RedisCanaryStore } from '../../src/redis/index.js'
import { canaryStoreContract } from '../../src/testing/index.js'
import { clientOf } from './clients.fixture.js'

const slots = 16_384

/** One node that has all the slots refuses scripts whose keys are not in one of them, as any cluster does. */
describe.skipIf(serverIsMissing('redis-server'))('RedisCanaryStore on a cluster', () => {
  let server: RedisServer
  let cluster: Cluster

  beforeAll(async () => {
    server = await RedisServer.start('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1')
    const node = clientOf(server.port)
    await node.cluster('ADDSLOTSRANGE', 0, slots - 1)
    while (!(await node.cluster('INFO')).includes('cluster_state:ok')) await pause(50)
    node.disconnect()
    cluster = new Cluster([{ host: '127.0.0.1', port: server.port }])
    cluster.on('error', () => undefined)
  }, 30_000)
  afterAll(async () => {
    cluster.disconnect()
    await server.kill()
  })

  canaryStoreContract({ describe, it }, async () => {
    await Promise.all(cluster.nodes('master').map((node) => node.flushall()))
    return { store: new RedisCanaryStore(cluster), other: new RedisCanaryStore(cluster), advance: (ms) => pause(ms) }
  })
})
