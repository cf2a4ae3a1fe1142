import { EtcdRegistryBackend } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { EtcdServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { follow, until } from './etcd.fixture.js'

describe.skipIf(serverIsMissing('etcd'))('a cluster of three etcds', () => {
  let members: readonly EtcdServer[]
  let backend: EtcdRegistryBackend
  beforeAll(async () => {
    members = await EtcdServer.startCluster(3)
    const endpoints = members.map(({ url }) => url)
    backend = new EtcdRegistryBackend({ endpoints, ttl: '10s', requestTimeout: '500ms', watchIdleTimeout: '1s' })
  })
  afterAll(async () => {
    await backend.close()
    await Promise.all(members.map((member) => member.kill()))
  })

  it('goes on without its leader, frozen or killed, and is missed when it has no majority', { timeout: 40_000 }, async () => {
    const watch = follow(backend)
    const { id } = sampleInstance({ port: 1 })
    await backend.register(sampleInstance({ port: 1 }))
    await until(() => watch.ports()?.length === 1, 'the watch tells of the first')

    const leader = await leaderOf(members)
    leader.hang()
    await untilDone(() => backend.register(sampleInstance({ port: 2 })))
    await until(() => watch.ports()?.length === 2, 'the watch goes on without the leader')
    leader.wake()

    const next = await leaderOf(members)
    await next.kill()
    await untilDone(() => backend.register(sampleInstance({ port: 3 })))
    await until(() => watch.ports()?.length === 3, 'the watch goes on without the next one')
    expect(await backend.heartbeat(id)).toBe(true)

    const follower = members.find((member) => member !== next) ?? leader
    await follower.kill()
    await until(() => watch.failures().length > 0 && watch.events.at(-1)?.kind === 'failure', 'that there is no majority is noticed')
    await expect(backend.getInstances('orders')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })

    await Promise.all([next.restart(), follower.restart()])
    await until(() => watch.events.at(-1)?.kind === 'snapshot', 'the watch is back')
    expect(watch.ports()).toEqual([1, 2, 3])
    expect(watch.removed()).toEqual([])
  })
})

async function leaderOf(members: readonly EtcdServer[]): Promise<EtcdServer> {
  let leader: EtcdServer | undefined
  await until(async () => {
    const leads = await Promise.all(members.map((member) => member.isLeader().catch(() => false)))
    leader = members[leads.indexOf(true)]
    return leader !== undefined
  }, 'there is a leader')
  return leader as EtcdServer
}

/** An election takes a while, in which the cluster answers nobody. */
async function untilDone(call: () => Promise<void>): Promise<void> {
  const attempt = () =>
    call().then(
      () => true,
      () => false,
    )
  await until(attempt, 'the cluster has a leader again')
}
