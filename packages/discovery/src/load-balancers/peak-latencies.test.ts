import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import { LoadBalancerFactory } from './load-balancer-factory.js'

const instances = (count: number) => Array.from({ length: count }, (_, index) => sampleInstance({ port: index + 1 }))

function setup(count: number) {
  const clock = new FakeClock()
  const leastConnections = { latency: 'peak-ewma', decay: '10s' } as const
  const balancer = LoadBalancerFactory.create('least-connections', { clock, random: new SeededRandom(5), leastConnections })
  balancer.update(instances(count))
  /** Calls one after the other, a millisecond apart. @returns how many each port got */
  const call = (calls: number, latencyOf: (port: number) => number, failing?: number) => {
    const counts = new Map<number, number>()
    for (let done = 0; done < calls; done++) {
      const lease = balancer.pick()
      const port = lease?.instance.port ?? 0
      counts.set(port, (counts.get(port) ?? 0) + 1)
      lease?.release(port === failing ? 'failure' : 'success', latencyOf(port))
      clock.jump(1)
    }
    return (port: number) => counts.get(port) ?? 0
  }
  return { clock, balancer, call }
}

describe('least-connections by peak-EWMA', () => {
  it('prefers the fast ones', () => {
    const { call } = setup(8)
    const got = call(2_000, (port) => (port <= 4 ? 10 : 100))
    let fast = 0
    for (const port of [1, 2, 3, 4]) fast += got(port)
    expect(fast).toBeGreaterThan(1_400)
  })

  it('believes one slow answer at once, and forgets it in time', () => {
    const { clock, balancer, call } = setup(2)
    call(200, () => 10)
    let slow = balancer.pick()
    while (slow?.instance.port !== 1) {
      slow?.release('success', 10)
      slow = balancer.pick()
    }
    slow.release('success', 1_000)
    expect(call(100, () => 10)(1)).toBe(0)
    clock.jump(100_000)
    expect(call(100, () => 10)(1)).toBeGreaterThan(0)
  })

  it('weighs the calls outstanding', () => {
    const { balancer, call } = setup(2)
    call(100, () => 10)
    const ports = Array.from({ length: 20 }, () => balancer.pick()?.instance.port)
    expect(Math.abs(ports.filter((port) => port === 1).length - 10)).toBeLessThanOrEqual(2)
  })

  it('does not send calls to whoever fails fast', () => {
    const { call } = setup(3)
    expect(call(600, (port) => (port === 1 ? 1 : 20), 1)(1)).toBeLessThan(10)
  })

  it('learns nothing from an outcome that is ignored', () => {
    const { balancer, call } = setup(2)
    const latencyOf = (port: number) => (port === 1 ? 10 : 30)
    call(100, latencyOf)
    for (let done = 0; done < 50; done++) balancer.pick()?.release('ignored', 5_000)
    expect(call(200, latencyOf)(1)).toBeGreaterThan(180)
  })

  it('starts a newcomer at the median: it is neither flooded nor starved', () => {
    const { balancer, call } = setup(5)
    call(500, () => 10)
    balancer.update(instances(6))
    const got = call(600, () => 10)
    expect(got(6)).toBeGreaterThan(30)
    expect(got(6)).toBeLessThan(300)
  })

  it('keeps what it knows when others come and go', () => {
    const { balancer, call } = setup(6)
    call(600, (port) => (port === 3 ? 500 : 10))
    balancer.update(instances(6).slice(1))
    expect(call(200, (port) => (port === 3 ? 500 : 10))(3)).toBeLessThan(5)
  })

  it('measures from the pick to the release where it is told nothing', () => {
    const { clock, balancer, call } = setup(2)
    call(100, () => 10)
    const one = balancer.pick()
    clock.jump(800)
    one?.release()
    expect(call(50, () => 10)(one?.instance.port ?? 0)).toBe(0)
  })

  it.each([Number.NaN, -5])('takes a latency of %s for none', (latencyMs) => {
    const { balancer } = setup(2)
    balancer.pick()?.release('success', latencyMs)
    expect(balancer.inFlight).toBe(0)
    expect(balancer.pick()).toBeDefined()
  })
})
