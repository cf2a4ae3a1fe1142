import assert from 'node:assert/strict'
import { type ServiceInstance, ServiceStatus } from '@hazeljs/core'
import type { RegistryBackend } from '../backends/registry-backend.js'
import { type BackendHarness, idsOf } from './backend-harness.js'
import type { ContractTest } from './contract-test.js'
import { sampleInstance } from './sample-instance.js'

const atOnce = 20

/** The part of `backendContract` on who is registered, and as what. */
export function registrationContract(test: ContractTest<BackendHarness>): void {
  test('gives back what was registered', async (backend) => {
    const instance = sampleInstance({
      protocol: 'https',
      zone: 'a',
      tags: ['api', 'v1'],
      metadata: { version: '1.0.0', weight: 80, canary: false, none: null, nested: { deep: [1, 'two'] } },
      healthCheckPath: '/health?deep=1',
      healthCheckInterval: 5_000,
      registeredAt: 1_767_225_600_000,
    })
    await backend.register(instance)
    assert.deepEqual(withoutHeartbeat(await backend.getInstance(instance.id)), instance)
    assert.deepEqual((await backend.getInstances('orders')).map(withoutHeartbeat), [instance])
  })

  test('knows nothing of what was never registered', async (backend) => {
    assert.deepEqual(await backend.getInstances('nobody'), [])
    assert.equal(await backend.getInstance('nobody:1:1'), null)
    assert.equal(await backend.heartbeat('nobody:1:1'), false)
    assert.deepEqual(await backend.getAllServices(), [])
  })

  test('replaces the instance with the same id', async (backend) => {
    await backend.register(sampleInstance({ tags: ['old'], metadata: { old: true } }))
    await backend.register(sampleInstance({ tags: ['new'] }))
    assert.deepEqual(
      (await backend.getInstances('orders')).map(({ tags, metadata }) => [tags, metadata]),
      [[['new'], {}]],
    )
  })

  test('takes an id out of its service when another service registers it', async (backend) => {
    await backend.register(sampleInstance({ id: 'x' }))
    await backend.register(sampleInstance({ id: 'x', name: 'users' }))
    assert.deepEqual(await idsOf(backend, 'orders'), [])
    assert.deepEqual(await idsOf(backend, 'users'), ['x'])
    assert.equal((await backend.getInstance('x'))?.name, 'users')
    assert.deepEqual(await backend.getAllServices(), ['users'])
  })

  test('keeps one, whole, of those who register an id at the same time', async (backend) => {
    const rivals = Array.from({ length: atOnce }, (_, index) => sampleInstance({ id: 'x', port: index + 1, metadata: { port: index + 1 } }))
    await Promise.all(rivals.map((rival) => backend.register(rival)))
    const listed = await backend.getInstances('orders')
    assert.equal(listed.length, 1)
    assert.equal(listed[0]?.metadata.port, listed[0]?.port)
    assert.deepEqual(withoutHeartbeat(await backend.getInstance('x')), withoutHeartbeat(listed[0]))
  })

  test('loses none of those who register at the same time', async (backend) => {
    const instances = Array.from({ length: atOnce }, (_, index) => sampleInstance({ port: index + 1 }))
    await Promise.all(instances.map((instance) => backend.register(instance)))
    assert.deepEqual(await idsOf(backend, 'orders'), instances.map(({ id }) => id).sort())
  })

  test('keeps services apart and lists their names in order', async (backend) => {
    await backend.register(sampleInstance({ name: 'users' }))
    await backend.register(sampleInstance({ name: 'orders' }))
    await backend.register(sampleInstance({ name: 'orders', port: 3001 }))
    assert.deepEqual(await backend.getAllServices(), ['orders', 'users'])
    assert.deepEqual(await idsOf(backend, 'users'), ['users:127.0.0.1:3000'])
  })

  test('forgets what was deregistered, and its service with the last instance', async (backend) => {
    const { id } = sampleInstance()
    await backend.register(sampleInstance())
    await backend.deregister(id)
    await backend.deregister(id)
    assert.deepEqual(await backend.getInstances('orders'), [])
    assert.equal(await backend.getInstance(id), null)
    assert.deepEqual(await backend.getAllServices(), [])
    assert.equal(await backend.heartbeat(id), false)
  })

  test('takes back who was deregistered', async (backend) => {
    const { id } = sampleInstance()
    await backend.register(sampleInstance({ tags: ['old'] }))
    await backend.deregister(id)
    await backend.register(sampleInstance({ tags: ['new'] }))
    assert.deepEqual(
      (await backend.getInstances('orders')).map(({ tags }) => tags),
      [['new']],
    )
    assert.equal(await backend.heartbeat(id), true)
  })

  test('is not changed by what the caller does to the instance afterwards', async (backend) => {
    const tags = ['v1']
    await backend.register(sampleInstance({ tags }))
    tags.push('v2')
    assert.deepEqual((await backend.getInstance(sampleInstance().id))?.tags, ['v1'])
  })

  test('is not changed by what a caller does to an instance that it was given', async (backend) => {
    await backend.register(sampleInstance({ tags: ['v1'], metadata: { version: '1' } }))
    for (const instance of await backend.getInstances('orders')) {
      Reflect.set(instance, 'status', ServiceStatus.DOWN)
      Reflect.set(instance.tags, 0, 'v2')
      Reflect.set(instance.metadata, 'version', '2')
    }
    const [{ status, tags, metadata } = sampleInstance()] = await backend.getInstances('orders')
    assert.deepEqual([status, tags, metadata], [ServiceStatus.UP, ['v1'], { version: '1' }])
  })

  test('takes all parts of a filter together', async (backend) => {
    await backend.register(sampleInstance({ port: 1, zone: 'a', tags: ['x', 'y'], metadata: { version: '1', stage: 'prod' } }))
    await backend.register(sampleInstance({ port: 2, zone: 'a', tags: ['x'], metadata: { version: '2' } }))
    await backend.register(sampleInstance({ port: 3, zone: 'b', tags: ['x', 'y'], status: ServiceStatus.DOWN }))
    const portsOf = async (filter: Parameters<RegistryBackend['getInstances']>[1]) =>
      (await backend.getInstances('orders', filter)).map(({ port }) => port).sort()
    assert.deepEqual(await portsOf({}), [1, 2, 3])
    assert.deepEqual(await portsOf({ zone: 'a' }), [1, 2])
    assert.deepEqual(await portsOf({ tags: ['x', 'y'] }), [1, 3])
    assert.deepEqual(await portsOf({ metadata: { version: '1', stage: 'prod' } }), [1])
    assert.deepEqual(await portsOf({ status: ServiceStatus.DOWN }), [3])
    assert.deepEqual(await portsOf({ zone: 'a', tags: ['y'], metadata: { version: '2' } }), [])
  })

  test('keeps every status', async (backend) => {
    const statuses = Object.values(ServiceStatus)
    for (const [index, status] of statuses.entries()) await backend.register(sampleInstance({ port: index + 1, status }))
    const listed = [...(await backend.getInstances('orders'))].sort((a, b) => a.port - b.port)
    assert.deepEqual(
      listed.map(({ status }) => status),
      statuses,
    )
  })

  test('changes a status and nothing else', async (backend) => {
    const instance = sampleInstance({ metadata: { version: '1' } })
    await backend.register(instance)
    await backend.updateStatus('nobody:1:1', ServiceStatus.UP)
    for (const status of [ServiceStatus.DOWN, ServiceStatus.UP, ServiceStatus.OUT_OF_SERVICE]) {
      await backend.updateStatus(instance.id, status)
      assert.deepEqual(withoutHeartbeat(await backend.getInstance(instance.id)), { ...instance, status })
      assert.deepEqual((await backend.getInstances('orders', { status })).length, 1)
    }
  })

  test('leaves a status as it is when a heartbeat comes', async (backend) => {
    const { id } = sampleInstance()
    await backend.register(sampleInstance())
    await backend.updateStatus(id, ServiceStatus.OUT_OF_SERVICE)
    assert.equal(await backend.heartbeat(id), true)
    assert.equal((await backend.getInstance(id))?.status, ServiceStatus.OUT_OF_SERVICE)
  })
}

function withoutHeartbeat(instance: ServiceInstance | null | undefined): object {
  return { ...instance, lastHeartbeat: 0 }
}
