import { RedisServer } from 'hazeljs-test-servers'
import { Cluster, type Redis } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'
import { clientOf } from './clients.fixture.js'

const nodes = 3
const slots = 16_384
const startPatienceMs = 20_000

/** Three masters that share the slots. */
export class RedisCluster {
  readonly servers: readonly RedisServer[]

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers
  }

  static async start(): Promise<RedisCluster> {
    const args = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--cluster-node-timeout', '1000']
    const servers = await Promise.all(Array.from({ length: nodes }, () => RedisServer.start(...args)))
    const clients = servers.map(({ port }) => clientOf(port))
    const part = Math.ceil(slots / nodes)
    for (const [index, client] of clients.entries()) {
      await client.cluster('ADDSLOTSRANGE', index * part, Math.min((index + 1) * part, slots) - 1)
      for (const { host, port } of servers) await client.cluster('MEET', host, port)
    }
    for (let waitedMs = 0; waitedMs < startPatienceMs; waitedMs += 50) {
      const infos = await Promise.all(clients.map((client) => client.cluster('INFO')))
      if (infos.map(String).every((info) => info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes}`))) break
      await pause(50)
    }
    clients.forEach((client) => client.disconnect())
    return new RedisCluster(servers)
  }

  client(): Cluster {
    const cluster = new Cluster(this.servers.map(({ host, port }) => ({ host, port })))
    cluster.on('error', () => undefined)
    return cluster
  }

  async onEach(work: (node: Redis) => Promise<unknown>): Promise<void> {
    for (const { port } of this.servers) {
      const node = clientOf(port)
      await work(node)
      node.disconnect()
    }
  }

  async kill(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()))
  }
}
