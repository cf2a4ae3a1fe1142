import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import { LoadBalancerFactory } from './load-balancer-factory.js'
import { maglevTable } from './maglev-table.js'
import { TableKeeper } from './table-keeper.js'

const idsOf = (count: number) => Array.from({ length: count }, (_, index) => `orders:10.0.${index >> 8}.${index & 255}:80`).sort()

describe('TableKeeper', () => {
  it('makes a small table at once', () => {
    const clock = new FakeClock()
    const keeper = new TableKeeper(clock, () => undefined)
    keeper.want(idsOf(655))
    expect(keeper.table).toEqual(maglevTable(idsOf(655)))
    expect(clock.pendingTimers).toBe(0)
  })

  it('makes a large one in slices, and has one slot for each id until it is there', async () => {
    const clock = new FakeClock()
    let made = 0
    const keeper = new TableKeeper(clock, () => made++)
    const ids = idsOf(1_500)
    keeper.want(ids)
    expect(keeper.table).toHaveLength(1_500)
    await clock.advance(0)
    expect(made).toBe(1)
    expect(keeper.ids).toBe(ids)
    expect(keeper.table).toEqual(maglevTable(ids))
    expect(clock.pendingTimers).toBe(0)
  })

  it('lets the old table serve meanwhile, and finishes what it began before it begins with what is wanted last', async () => {
    const clock = new FakeClock()
    const tables: number[] = []
    const keeper = new TableKeeper(clock, () => tables.push(keeper.ids.length))
    keeper.want(idsOf(700))
    await clock.advance(0)
    keeper.want(idsOf(900))
    keeper.want(idsOf(1_000))
    keeper.want(idsOf(1_100))
    expect(keeper.ids).toHaveLength(700)
    await clock.advance(0)
    expect(tables).toEqual([700, 900, 1_100])
    expect(keeper.table).toEqual(maglevTable(idsOf(1_100)))
  })

  it('goes over to a small table at once when most are gone', async () => {
    const clock = new FakeClock()
    const keeper = new TableKeeper(clock, () => undefined)
    keeper.want(idsOf(700))
    keeper.want(idsOf(3))
    await clock.advance(0)
    expect(keeper.ids).toEqual(idsOf(3))
  })
})

describe('IpHash with many instances', () => {
  const instances = (count: number) =>
    Array.from({ length: count }, (_, index) => sampleInstance({ host: `10.0.${index >> 8}.${index & 255}` }))
  const keys = Array.from({ length: 5_000 }, (_, index) => `client-${index}`)

  async function setup(count: number) {
    const clock = new FakeClock()
    const balancer = LoadBalancerFactory.create('ip-hash', { clock, random: new SeededRandom(1) })
    balancer.update(instances(count))
    const hosts = () => keys.map((key) => balancer.select({ key })?.host)
    return { clock, balancer, hosts }
  }

  it('keeps its keys while the next table is made, but for those of whoever left', async () => {
    const { clock, balancer, hosts } = await setup(1_000)
    expect(hosts()).not.toContain(undefined)
    await clock.advance(0)
    const before = hosts()
    balancer.update(instances(1_000).toSpliced(42, 1))
    const meanwhile = hosts()
    const gone = before.filter((host) => host === '10.0.0.42').length
    expect(meanwhile.filter((host, index) => host !== before[index])).toHaveLength(gone)
    await clock.advance(0)
    const after = hosts()
    expect(after.filter((host, index) => host !== before[index]).length).toBeLessThanOrEqual(keys.length * (1 / 1_000 + 0.01))
    const other = await setup(999)
    other.balancer.update(instances(1_000).toSpliced(42, 1).reverse())
    await other.clock.advance(0)
    expect(other.hosts()).toEqual(after)
  })

  it('serves newcomers when all others left', async () => {
    const { clock, balancer, hosts } = await setup(700)
    await clock.advance(0)
    balancer.update(Array.from({ length: 700 }, (_, index) => sampleInstance({ host: `10.9.${index >> 8}.${index & 255}` })))
    expect(new Set(hosts()).size).toBeGreaterThan(100)
    expect(hosts().every((host) => host?.startsWith('10.9.'))).toBe(true)
    await clock.advance(0)
    expect(hosts().every((host) => host?.startsWith('10.9.'))).toBe(true)
  })

  it('sends keys of those that are not UP elsewhere, without a new table', async () => {
    const { balancer, hosts } = await setup(100)
    const before = hosts()
    const down = instances(100).map((one, index) => (index < 90 ? { ...one, status: 'DOWN' as const } : one))
    balancer.update(down)
    const during = hosts()
    expect(during.every((host) => Number(host?.split('.').at(-1)) >= 90)).toBe(true)
    expect(during.every((host, index) => host === before[index] || Number(before[index]?.split('.').at(-1)) < 90)).toBe(true)
    balancer.update(instances(100))
    expect(hosts()).toEqual(before)
  })
})
