import { ServiceStatus } from '@hazeljs/core'
import { describe, expect, it, vi } from 'vitest'
import { sampleInstance } from '../../testing/index.js'
import { CorruptEntries } from '../entry-reader.js'
import type { HealthCheck, HealthEntry } from './consul-client.js'
import { ServiceEntries } from './service-entries.js'
import { encodeMeta } from './service-meta.js'

const check = (CheckID: string, Status: string, Notes = ''): HealthCheck => ({
  CheckID,
  Status,
  Notes,
  ServiceID: 'x',
  ServiceName: 'orders',
})
const node = (Node = 'n1') => ({ Node, Address: '10.0.0.1' })
const foreign = (Service: Partial<HealthEntry['Service']> = {}, Checks: readonly HealthCheck[] = [], Node = node()): HealthEntry => ({
  Node,
  Service: { ID: 'x', Service: 'orders', Address: '', Port: 80, Tags: null, Meta: null, ...Service },
  Checks,
})
const own = (Checks: readonly HealthCheck[], Node = node(), registeredAt = 0) =>
  foreign({ Address: '10.9.9.9', Meta: encodeMeta(sampleInstance({ registeredAt })) }, Checks, Node)

function setup() {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  return { logger, entries: new ServiceEntries(new CorruptEntries('Consul', logger)) }
}
const read = (...all: readonly HealthEntry[]) => setup().entries.read(all)

describe('services of others', () => {
  it('are served with defaults, at the address of the node where they have none', () => {
    expect(read(foreign())).toEqual([
      {
        id: 'n1/x',
        name: 'orders',
        host: '10.0.0.1',
        port: 80,
        protocol: 'http',
        metadata: {},
        tags: [],
        status: 'UP',
        lastHeartbeat: 0,
        registeredAt: 0,
      },
    ])
    expect(read(foreign({ Address: 'web.test', Tags: ['a'], Meta: { zone: 'z', protocol: 'grpc' } }))[0]).toMatchObject({
      host: 'web.test',
      tags: ['a'],
      zone: 'z',
      protocol: 'grpc',
    })
  })

  it('are apart though they have the same id on several nodes', () => {
    expect(read(foreign(), foreign({}, [], node('n2'))).map(({ id }) => id)).toEqual(['n1/x', 'n2/x'])
  })

  it('have the weight that Consul gives them, unless their meta says another', () => {
    const Weights = { Passing: 10, Warning: 2 }
    expect(read(foreign({ Weights }))[0]?.metadata).toEqual({ weight: 10 })
    expect(read(foreign({ Weights }, [check('a', 'warning')]))[0]?.metadata).toEqual({ weight: 2 })
    expect(read(foreign({ Weights, Meta: { weight: '3' } }))[0]?.metadata).toEqual({ weight: '3' })
  })

  it.each([
    [[], ServiceStatus.UP],
    [['passing', 'warning'], ServiceStatus.UP],
    [['passing', 'critical', 'warning'], ServiceStatus.DOWN],
  ])('with checks that are %j are %s', (checks, status) => {
    expect(
      read(
        foreign(
          {},
          checks.map((one, index) => check(`c${index}`, one)),
        ),
      )[0]?.status,
    ).toBe(status)
  })

  it('are out of service in maintenance mode of theirs or of the node', () => {
    for (const id of ['_service_maintenance:x', '_node_maintenance']) {
      expect(read(foreign({}, [check('c', 'critical'), check(id, 'critical')]))[0]?.status).toBe(ServiceStatus.OUT_OF_SERVICE)
    }
  })

  it('without a port are left out, and reported once', () => {
    const { entries, logger } = setup()
    for (let time = 0; time < 2; time++)
      expect(entries.read([foreign({ Port: 0 }), foreign({ ID: 'y' })]).map(({ id }) => id)).toEqual(['n1/y'])
    expect(logger.warn).toHaveBeenCalledTimes(1)
    expect(logger.warn.mock.calls[0]?.[1]).toMatch(/Correct or delete service orders, id x, of node n1: port is 0/)
  })
})

describe('services of ours', () => {
  const lease = (status: string) => check('hazeljs-lease:x', status)
  const status = (state: string, notes: string) => check('hazeljs-status:x', state, notes)

  it.each([
    ['passing', 'UP', ServiceStatus.UP],
    ['warning', 'UP', ServiceStatus.UP],
    ['critical', 'STARTING', ServiceStatus.STARTING],
    ['critical', 'UNKNOWN', ServiceStatus.UNKNOWN],
    ['critical', 'UP', ServiceStatus.DOWN],
    ['critical', 'nonsense', ServiceStatus.DOWN],
    ['passing', 'DOWN', ServiceStatus.UP],
  ])('whose status is %s with the notes %s are %s', (state, notes, expected) => {
    expect(read(own([lease('passing'), status(state, notes)]))[0]?.status).toBe(expected)
  })

  it('are DOWN when a check of somebody else says so', () => {
    expect(read(own([lease('passing'), status('passing', 'UP'), check('disk', 'critical')]))[0]?.status).toBe(ServiceStatus.DOWN)
  })

  it('are gone when the lease ran out, or when their agent is dead', () => {
    expect(read(own([lease('critical'), status('passing', 'UP')]))).toEqual([])
    expect(read(own([check('serfHealth', 'critical'), lease('passing'), status('passing', 'UP')]))).toEqual([])
  })

  it('count once though two agents have them: as registered last', () => {
    const both = [own([], node('n1'), 5), own([], node('n2'), 7), own([], node('n3'), 6)]
    expect(read(...both).map(({ id, registeredAt }) => [id, registeredAt])).toEqual([['x', 7]])
  })

  it('are left out while their record is corrupt, and are the same objects while nothing changes', () => {
    const { entries, logger } = setup()
    const broken = foreign({ Meta: { hazeljs: 'nonsense' } })
    const [before] = entries.readAll('orders', [own([]), broken]).instances
    const after = entries.readAll('orders', [own([]), broken])
    expect(after.instances).toHaveLength(1)
    expect(after.instances[0]).toBe(before)
    expect([...after.ids]).toEqual(['x'])
    expect(logger.warn).toHaveBeenCalledTimes(1)
    expect(entries.readAll('orders', []).instances).toEqual([])
    expect(entries.readAll('orders', [own([])]).instances[0]).not.toBe(before)
  })
})
