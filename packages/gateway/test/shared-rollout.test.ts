import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { Redis } from 'ioredis'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CanaryConfig, CanaryPromotion } from '../src/index.js'
import { afterTest, startUpstream } from './harness.js'
import { bundle, type Bundle, type Started, startProcess } from './processes/bundled.js'
import type { RolloutMessage, SharingOrders, StatusMessage } from './processes/sharing-process.js'

const patience = { timeout: 20_000, interval: 20 }
const steps = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
/** Of the issue: how far apart gateways may be, and how long nobody may decide. A busy machine gets more. */
const agreementMs = 200
const silenceMs = 10_000
const busy = 5

describe.skipIf(serverIsMissing('redis-server'))('three gateways on one Redis', () => {
  let processFile: Bundle
  beforeAll(async () => {
    processFile = await bundle('sharing-process')
  })
  afterAll(() => processFile.remove())

  interface Member extends Started<{ readonly port: number }> {
    readonly heard: RolloutMessage[]
    readonly status: () => Promise<StatusMessage['status']>
  }

  async function world(promotion: Partial<CanaryPromotion>) {
    const server = await RedisServer.start()
    afterTest(() => server.kill())
    const traffic = { canaryStatus: 200, goesOn: true }
    const stable = await startUpstream((_request, response) => response.end('1'))
    const canary = await startUpstream((_request, response) => response.writeHead(traffic.canaryStatus).end('2'))
    const config: CanaryConfig = {
      stable: { version: '1', weight: 90 },
      canary: { version: '2', weight: 10 },
      promotion: { strategy: 'error-rate', errorThreshold: 50, minRequests: 10, steps, ...promotion },
      stickyBy: { header: 'x-user' },
    }
    const orders: SharingOrders = { redisPort: server.port, ports: { 1: stable.port, 2: canary.port }, canary: config }
    const agent = new Agent({ connections: 8 })
    const members: Member[] = []

    const join = async (): Promise<Member> => {
      const heard: RolloutMessage[] = []
      const started = await startProcess<{ readonly port: number }>(processFile.file, orders, (message) => {
        if ('event' in message) heard.push(message as RolloutMessage)
      })
      const status = async (): Promise<StatusMessage['status']> => {
        const answer = once(started.child, 'message') as Promise<[Partial<StatusMessage>]>
        started.child.send('status')
        const [{ status: told }] = await answer
        return told ?? status()
      }
      const member = { ...started, heard, status }
      members.push(member)
      return member
    }
    const answerOf = async ({ told }: Member, user: number) => {
      const answer = await request(`http://127.0.0.1:${told.port}/`, { dispatcher: agent, headers: { 'x-user': String(user) } })
      return answer.body.text()
    }
    const keepCalling = async () => {
      for (let user = 0; traffic.goesOn; user++) {
        const living = members.filter(({ child }) => child.exitCode === null && child.signalCode === null)
        await Promise.all(living.map((member) => answerOf(member, user).catch(() => undefined)))
        await pause(5)
      }
    }
    const calling = keepCalling()
    afterTest(async () => {
      traffic.goesOn = false
      await calling
      await agent.destroy()
    })
    await Promise.all([join(), join(), join()])
    return { server, traffic, members, join, answerOf }
  }

  const statusesOf = (members: readonly Member[]) => Promise.all(members.map(({ status }) => status()))
  const leaderOf = async (members: readonly Member[]) => {
    const statuses = await statusesOf(members)
    return members[statuses.findIndex(({ leads }) => leads)]
  }
  /** When each of the members had taken its step to `weight`. */
  const timesOf = (members: readonly Member[], weight: number) =>
    members.map(({ heard }) => heard.find((message) => message.event === 'canary:promote' && message.weight === weight)?.at ?? Number.NaN)
  const untilAllAre = (members: readonly Member[], weight: number) =>
    expect.poll(() => timesOf(members, weight).every((at) => !Number.isNaN(at)), patience).toBe(true)
  const weightsOf = async (members: readonly Member[]) => (await statusesOf(members)).map(({ canaryWeight }) => canaryWeight)

  const untilStoreAnswers = (members: readonly Member[]) =>
    expect.poll(async () => (await statusesOf(members)).every(({ storeAnswers }) => storeAnswers), patience).toBe(true)

  it('take steps at once, go on when the leader is killed, and a new one goes on where they are', { timeout: 60_000 }, async () => {
    const { members, join } = await world({ stepInterval: '1s' })
    for (const weight of [20, 30]) {
      await untilAllAre(members, weight)
      const times = timesOf(members, weight)
      const apartMs = Math.max(...times) - Math.min(...times)
      console.log(`step to ${weight}: ${members.length} gateways within ${apartMs} ms`)
      expect(apartMs).toBeLessThan(agreementMs * busy)
    }
    const leader = await leaderOf(members)
    leader?.child.kill('SIGKILL')
    await leader?.ended
    const killedAt = Date.now()
    const others = members.filter((member) => member !== leader)
    const before = Math.max(...(await weightsOf(others)))
    await untilAllAre(others, before + 10)
    const decidedMs = Math.min(...timesOf(others, before + 10)) - killedAt
    console.log(`the leader was killed: the next step came ${decidedMs} ms later`)
    expect(decidedMs).toBeLessThan(silenceMs)

    const anew = await join()
    await expect.poll(async () => (await anew.status()).canaryWeight, patience).toBeGreaterThan(before)
    expect(anew.heard.map(({ weight }) => weight).every((weight) => weight > before)).toBe(true)
    await untilAllAre([...others, anew], 100)
    expect((await statusesOf([...others, anew])).map(({ state }) => state)).toEqual(['PROMOTED', 'PROMOTED', 'PROMOTED'])
  })

  it('decide nothing while Redis hangs or is away, and go on afterwards, its data lost or not', { timeout: 60_000 }, async () => {
    const { server, members } = await world({ stepInterval: '1s' })
    await untilAllAre(members, 20)
    const outages = [
      { begin: async () => server.hang(), end: async () => server.wake() },
      { begin: () => server.kill(), end: () => server.restart() },
    ]
    for (const { begin, end } of outages) {
      const faults = () => members.map(({ heard }) => heard.filter(({ event }) => event === 'canary:fault').length)
      const faultsBefore = faults()
      await begin()
      await expect.poll(faults, patience).toEqual(faultsBefore.map((count) => count + 1))
      const weights = await weightsOf(members)
      await pause(2_500)
      expect(await statusesOf(members)).toEqual(
        weights.map((canaryWeight) => expect.objectContaining({ canaryWeight, storeAnswers: false }) as unknown),
      )
      await end()
      // Who comes back late may find that the others have taken two.
      const next = Math.max(...weights) + 10
      await expect.poll(async () => Math.min(...(await weightsOf(members))), patience).toBeGreaterThanOrEqual(next)
      await untilStoreAnswers(members)
    }
  })

  it('roll back together, and a rollout that was rolled back stays so', { timeout: 60_000 }, async () => {
    const { server, traffic, members, join, answerOf } = await world({ stepInterval: '1h', errorThreshold: 90 })
    await untilStoreAnswers(members)
    const users = Array.from({ length: 300 }, (_, user) => user)
    const [arms, ...others] = await Promise.all(members.map((member) => Promise.all(users.map((user) => answerOf(member, user)))))
    expect(new Set(arms)).toEqual(new Set(['1', '2']))
    for (const other of others) expect(other).toEqual(arms)

    traffic.canaryStatus = 500
    await expect.poll(async () => (await statusesOf(members)).map(({ state }) => state), patience).toEqual(members.map(() => 'ROLLED_BACK'))
    const anew = await join()
    await expect.poll(async () => (await anew.status()).state, patience).toBe('ROLLED_BACK')
    expect((await anew.status()).canaryWeight).toBe(0)
    expect(anew.heard.filter(({ event }) => event === 'canary:rollback').length).toBeLessThan(2)

    const redis = new Redis(server.port, '127.0.0.1')
    afterTest(() => redis.disconnect())
    const [lease] = (await redis.keys('hazeljs:canary:*:lease')) as [string]
    const leader = await leaderOf(members)
    for (const { child, ended, complaints } of members) {
      child.send('close')
      expect(await ended).toEqual([0, null])
      expect(complaints()).toBe('')
    }
    expect(leader).toBeDefined()
    expect(await redis.exists(lease)).toBe(0)
    const later = await join()
    await expect.poll(async () => (await later.status()).state, patience).toBe('ROLLED_BACK')
  })
})
