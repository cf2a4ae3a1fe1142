import { DiscoveryV1Api, makeInformer, V1EndpointSlice } from '@kubernetes/client-node'
import { describe, expect, it, onTestFinished } from 'vitest'
import { kubeConfigOf, patience, startServer } from './cluster.fixture.js'
import { slice } from './slices.fixture.js'

describe('the client of @kubernetes/client-node', () => {
  it('lists and watches with its informer', async () => {
    const server = await startServer({ token: 'reader' })
    server.put(slice('orders-1', ['10.0.0.1']))
    const config = kubeConfigOf(server.kubeConfig())
    const api = config.makeApiClient(DiscoveryV1Api)
    const path = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
    const informer = makeInformer<V1EndpointSlice>(config, path, () => api.listNamespacedEndpointSlice({ namespace: 'default' }))
    onTestFinished(() => informer.stop())
    const seen: string[] = []
    for (const verb of ['add', 'update', 'delete'] as const) {
      informer.on(verb, (one) => seen.push(`${verb} ${one.metadata?.name} ${one.endpoints.flatMap(({ addresses }) => addresses).join()}`))
    }
    await informer.start()
    await expect.poll(() => server.openStreams, patience).toBe(1)
    server.put(slice('orders-2', ['10.0.0.2']))
    server.put(slice('orders-1', ['10.0.0.3']))
    server.delete('orders-2')
    await expect
      .poll(() => seen, patience)
      .toEqual(['add orders-1 10.0.0.1', 'add orders-2 10.0.0.2', 'update orders-1 10.0.0.3', 'delete orders-2 10.0.0.2'])
  })

  it('creates, replaces, patches and deletes', async () => {
    const server = await startServer()
    const api = kubeConfigOf(server.kubeConfig()).makeApiClient(DiscoveryV1Api)
    const named = { namespace: 'default', name: 'orders-1' }
    const body = Object.assign(new V1EndpointSlice(), {
      metadata: { name: 'orders-1', labels: { a: 'b' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'] }],
      ports: [{ port: 80 }],
    })
    const created = await api.createNamespacedEndpointSlice({ namespace: 'default', body })
    expect(created).toMatchObject({ kind: 'EndpointSlice', metadata: { uid: expect.any(String) as string }, ports: [{ protocol: 'TCP' }] })
    await expect(api.createNamespacedEndpointSlice({ namespace: 'default', body })).rejects.toMatchObject({ code: 409 })
    const emptied = Object.assign(new V1EndpointSlice(), created, { endpoints: [] })
    const replaced = await api.replaceNamespacedEndpointSlice({ ...named, body: emptied })
    expect(replaced.metadata).toMatchObject({ uid: created.metadata?.uid, generation: 2 })
    await expect(api.replaceNamespacedEndpointSlice({ ...named, body: emptied })).rejects.toMatchObject({ code: 409 })
    await expect(api.readNamespacedEndpointSlice(named)).resolves.toMatchObject({ endpoints: [] })
    await expect(api.readNamespacedEndpointSlice({ ...named, name: 'nobody' })).rejects.toMatchObject({ code: 404 })
    expect((await api.listEndpointSliceForAllNamespaces({ labelSelector: 'a=b' })).items).toHaveLength(1)
    expect((await api.listEndpointSliceForAllNamespaces({ labelSelector: 'a!=b' })).items).toHaveLength(0)
    await api.deleteNamespacedEndpointSlice(named)
    await expect(api.deleteNamespacedEndpointSlice(named)).rejects.toMatchObject({ code: 404 })
  })
})
