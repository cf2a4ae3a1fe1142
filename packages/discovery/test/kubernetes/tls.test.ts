import { KubernetesRegistryBackend } from '@hazeljs/discovery'
import { serverIsMissing } from 'hazeljs-test-servers'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Certificates, makeCertificates } from './certificates.fixture.js'
import { kubeConfigOf, patience, startServer } from './cluster.fixture.js'
import { slice, watchOf } from './slices.fixture.js'

describe.skipIf(serverIsMissing('openssl'))('over TLS', () => {
  let certificates: Certificates
  beforeAll(() => {
    certificates = makeCertificates()
  })

  const start = () => startServer({ tls: { ...certificates.server, ca: certificates.ca, clientCa: certificates.ca } })
  const backendOf = (text: string) => {
    const backend = new KubernetesRegistryBackend(kubeConfigOf(text))
    onTestFinished(() => backend.close())
    return backend
  }

  it('trusts the CA of the kubeconfig, and shows its certificate', async () => {
    const server = await start()
    server.put(slice('orders-1', ['10.0.0.1']))
    const backend = backendOf(server.kubeConfig(certificates.client))
    const watch = watchOf(backend)
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.1'])
    await expect.poll(() => server.openStreams, patience).toBe(1)
    server.put(slice('orders-1', ['10.0.0.2']))
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.2'])
  })

  it('shows a token as well', async () => {
    const server = await start()
    server.allow('secret')
    expect(await backendOf(server.kubeConfig({ token: 'secret' })).getInstances('orders')).toEqual([])
  })

  it('is refused without either', async () => {
    const server = await start()
    await expect(backendOf(server.kubeConfig()).getInstances('orders')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' })
  })

  it('trusts nobody else', async () => {
    const server = await start()
    const { clusters, ...config } = JSON.parse(server.kubeConfig()) as { clusters: { cluster: object }[] }
    const untrusting = JSON.stringify({ ...config, clusters: clusters.map((one) => ({ ...one, cluster: { server: server.url } })) })
    await expect(backendOf(untrusting).getInstances('orders')).rejects.toThrow(/certificate/)
  })
})
