import { ServiceStatus } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { startCluster } from './cluster.fixture.js'
import { draining, endpoint, gone, hosts, shown, slice, unready } from './slices.fixture.js'

describe('the instances of a service', () => {
  it('are the addresses of all its slices', async () => {
    const { server, backend } = await startCluster()
    server.put(slice('orders-1', ['10.0.0.1', endpoint('10.0.0.2', { addresses: ['10.0.0.2', '10.0.0.3'] })]))
    server.put(slice('orders-2', ['fd00::1'], { addressType: 'IPv6' }))
    server.put(slice('users-1', ['10.0.0.9'], {}, 'users'))
    expect(hosts(await backend.getInstances('orders'))).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1'])
    const [v6] = (await backend.getInstances('orders')).filter(({ host }) => host === 'fd00::1')
    expect(await backend.getInstance(v6?.id ?? '')).toEqual(v6)
  })

  it('carry what the slice says', async () => {
    const { server, backend } = await startCluster()
    const labels = {
      team: 'shop',
      'app.kubernetes.io/version': '2.0.0',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      'hazeljs.io/weight': '5',
    }
    const annotations = { 'hazeljs.io/stage': 'canary', other: 'x' }
    const targetRef = { kind: 'Pod', name: 'orders-x', namespace: 'default', uid: 'u-1' }
    server.put(
      slice('orders-1', [endpoint('10.0.0.1', { zone: 'eu-1', nodeName: 'n1', targetRef })], {
        metadata: { name: 'orders-1', labels, annotations },
      }),
    )
    expect(await backend.getInstances('orders')).toEqual([
      {
        id: 'orders:10.0.0.1:8080',
        name: 'orders',
        host: '10.0.0.1',
        port: 8080,
        protocol: 'http',
        status: ServiceStatus.UP,
        zone: 'eu-1',
        tags: [],
        lastHeartbeat: 0,
        registeredAt: 0,
        metadata: {
          team: 'shop',
          'app.kubernetes.io/version': '2.0.0',
          version: '2.0.0',
          namespace: 'default',
          node: 'n1',
          pod: 'orders-x',
          podUid: 'u-1',
          stage: 'canary',
          weight: 5,
        },
      },
    ])
    expect(await backend.getInstances('orders', { metadata: { version: '2.0.0', team: 'shop' }, zone: 'eu-1' })).toHaveLength(1)
    expect(await backend.getInstances('orders', { metadata: { version: '1.0.0' } })).toHaveLength(0)
  })

  it('have the status that their conditions say', async () => {
    const { server, backend } = await startCluster()
    server.put(
      slice('orders-1', [
        endpoint('10.0.0.1'),
        { addresses: ['10.0.0.2'] }, // nothing said: ready
        endpoint('10.0.0.3', { conditions: unready }),
        endpoint('10.0.0.4', { conditions: draining }),
        endpoint('10.0.0.5', { conditions: gone }),
        endpoint('10.0.0.6', { conditions: { ready: true, serving: false, terminating: true } }), // publishNotReadyAddresses
        endpoint('10.0.0.7', { conditions: { ready: null, serving: null, terminating: null } }),
      ]),
    )
    expect(shown(await backend.getInstances('orders'))).toEqual([
      '10.0.0.1:8080 UP',
      '10.0.0.2:8080 UP',
      '10.0.0.3:8080 DOWN',
      '10.0.0.4:8080 OUT_OF_SERVICE',
      '10.0.0.5:8080 OUT_OF_SERVICE',
      '10.0.0.6:8080 UP',
      '10.0.0.7:8080 UP',
    ])
  })

  it('that drain serve where nobody is ready', async () => {
    const { server, backend } = await startCluster()
    const conditions = [draining, gone, unready].map((one, index) => endpoint(`10.0.0.${index + 1}`, { conditions: one }))
    server.put(slice('orders-1', conditions))
    const drained = ['10.0.0.1:8080 UP', '10.0.0.2:8080 OUT_OF_SERVICE', '10.0.0.3:8080 DOWN']
    expect(shown(await backend.getInstances('orders'))).toEqual(drained)
    server.put(slice('orders-2', ['10.0.0.9']))
    expect(shown(await backend.getInstances('orders'))[0]).toBe('10.0.0.1:8080 OUT_OF_SERVICE')
  })

  it.each([
    ['ghost-first', 'a', 'b'],
    ['ready-first', 'b', 'a'],
  ])('are a ready pod rather than the ghost that had its address before (%s)', async (_name, ghost, alive) => {
    const { server, backend } = await startCluster()
    const pod = (uid: string) => ({ targetRef: { kind: 'Pod', name: uid, uid } })
    const slices = [
      slice(`orders-${ghost}`, [endpoint('10.0.0.1', { conditions: gone, ...pod('ghost') })]),
      slice(`orders-${alive}`, [endpoint('10.0.0.1', pod('alive'))]),
    ]
    for (const one of slices) server.put(one)
    const instances = await backend.getInstances('orders')
    expect(shown(instances)).toEqual(['10.0.0.1:8080 UP'])
    expect(instances[0]?.metadata).toMatchObject({ pod: 'alive' })
  })

  it('are looked for in the namespace of the context, in that of the options, and in that of a name', async () => {
    const { server, backend } = await startCluster({ namespace: 'shop' })
    const inNamespace = (namespace: string, address: string) =>
      server.put(slice('orders-1', [address], { metadata: { name: 'orders-1', namespace } }))
    inNamespace('shop', '10.0.1.1')
    inNamespace('other', '10.0.2.1')
    expect(hosts(await backend.getInstances('orders'))).toEqual(['10.0.1.1'])
    expect((await backend.getInstances('orders.other')).map(({ id, name }) => [id, name])).toEqual([
      ['orders.other:10.0.2.1:8080', 'orders.other'],
    ])
    expect(await backend.getInstance('orders.other:10.0.2.1:8080')).not.toBeNull()
    expect(await backend.getAllServices()).toEqual(['orders'])
  })

  it('are nobody, without asking, for a name that none can have', async () => {
    const { server, backend } = await startCluster()
    server.put(slice('orders-1', ['10.0.0.1'], { metadata: { name: 'orders-1', labels: { app: 'x' } } }))
    for (const name of ['orders,app=x', 'orders)', '', 'a'.repeat(64), 'orders.shop.extra/']) {
      expect(await backend.getInstances(name)).toEqual([])
    }
    expect(server.requests).toEqual([])
  })

  it('are those of slices that the labelSelector selects too', async () => {
    const { server, backend } = await startCluster({ labelSelector: 'track in (stable, canary), !old' })
    const labelled = (name: string, address: string, labels: Record<string, string>) =>
      server.put(slice(name, [address], { metadata: { name, labels } }))
    labelled('orders-1', '10.0.0.1', { track: 'stable' })
    labelled('orders-2', '10.0.0.2', { track: 'dark' })
    labelled('orders-3', '10.0.0.3', { track: 'canary', old: 'yes' })
    labelled('orders-4', '10.0.0.4', { track: 'canary' })
    expect(hosts(await backend.getInstances('orders'))).toEqual(['10.0.0.1', '10.0.0.4'])
  })

  it('are those of several Kubernetes Services where another label says which', async () => {
    const { server, backend } = await startCluster({ serviceLabel: 'app' })
    for (const version of ['1', '2']) {
      const metadata = { name: `orders-v${version}-x`, labels: { app: 'orders', version } }
      server.put(slice(metadata.name, [`10.0.${version}.1`], { metadata }, `orders-v${version}`))
    }
    expect(hosts(await backend.getInstances('orders'))).toEqual(['10.0.1.1', '10.0.2.1'])
    expect(hosts(await backend.getInstances('orders', { metadata: { version: '2' } }))).toEqual(['10.0.2.1'])
    expect(await backend.getAllServices()).toEqual(['orders'])
  })

  it('have addresses of the types that were asked for', async () => {
    const { server, backend } = await startCluster({ addressTypes: ['IPv4'] })
    server.put(slice('orders-4', ['10.0.0.1']))
    server.put(slice('orders-6', ['fd00::1'], { addressType: 'IPv6' }))
    expect(hosts(await backend.getInstances('orders'))).toEqual(['10.0.0.1'])
  })

  it('have the port and protocol that were asked for', async () => {
    const { server, backend, warnings } = await startCluster({ portName: 'admin', protocol: 'https' })
    server.put(
      slice('orders-1', ['10.0.0.1'], {
        ports: [
          { name: 'http', port: 80 },
          { name: 'admin', port: 9000 },
        ],
      }),
    )
    server.put(slice('orders-2', ['10.0.0.2'], { ports: [{ name: 'http', port: 80 }] }))
    server.put(slice('orders-3', [], { ports: null }))
    const instances = await backend.getInstances('orders')
    expect(instances.map(({ host, port, protocol }) => [host, port, protocol])).toEqual([['10.0.0.1', 9000, 'https']])
    expect(warnings).toEqual([expect.stringMatching(/EndpointSlice default\/orders-2: it has no TCP port named 'admin'; it has 'http'$/)])
  })

  it('are served although other entries are corrupt, which are reported once', async () => {
    const { server, backend, warnings } = await startCluster()
    server.put(slice('orders-1', ['10.0.0.1', JSON.parse('{"addresses": []}'), JSON.parse('7'), '10.0.0.2'] as never))
    server.put(slice('orders-2', JSON.parse('["10.0.0.3"]') as [], { ports: [{ name: 'http', port: 99_999 }] }))
    server.put({ ...slice('orders-3', []), endpoints: JSON.parse('{"a": 1}') as [] })
    for (let time = 0; time < 2; time++) expect(hosts(await backend.getInstances('orders'))).toEqual(['10.0.0.1', '10.0.0.2'])
    expect(warnings.map((text) => text.replace(/.*EndpointSlice default\//, ''))).toEqual([
      'orders-1: endpoints[1]: addresses is an array',
      'orders-2: port is 99999',
      'orders-3: endpoints is an object',
    ])
    server.put(slice('orders-2', ['10.0.0.3']))
    expect(await backend.getInstances('orders')).toHaveLength(3)
  })

  it('are of services that have any', async () => {
    const { server, backend } = await startCluster()
    server.put(slice('users-1', ['10.0.0.1'], {}, 'users'))
    server.put(slice('empty-1', [], {}, 'empty'))
    server.put(slice('orders-1', ['10.0.0.1']))
    server.put({ metadata: { name: 'of-nobody' }, addressType: 'IPv4', endpoints: [endpoint('10.0.0.8')], ports: [{ port: 1 }] })
    expect(await backend.getAllServices()).toEqual(['orders', 'users'])
  })
})
