import { KubeConfig } from '@kubernetes/client-node'
import { DiscoveryClient, KubernetesRegistryBackend } from '@hazeljs/discovery'
import { serverIsMissing } from 'hazeljs-test-servers'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
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

  it('reads what a pod is given: the CA, the token of its service account and its namespace', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hazeljs-pod-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const account = join(folder, 'var/run/secrets/kubernetes.io/serviceaccount')
    mkdirSync(account, { recursive: true })
    for (const [name, text] of [
      ['ca.crt', certificates.ca],
      ['token', 'of-the-pod'],
      ['namespace', 'shop'],
    ] as const)
      writeFileSync(join(account, name), text)
    const server = await startServer({ token: 'of-the-pod', tls: { ...certificates.server, ca: certificates.ca } })
    server.put(slice('orders-1', ['10.0.0.1'], { metadata: { name: 'orders-1', namespace: 'shop' } }))
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1').stubEnv('KUBERNETES_SERVICE_PORT', String(server.port))
    onTestFinished(() => void vi.unstubAllEnvs())
    const config = new KubeConfig()
    config.loadFromCluster(folder)
    const backend = new KubernetesRegistryBackend(config)
    expect((await backend.getInstances('orders')).map(({ host }) => host)).toEqual(['10.0.0.1'])
  })

  it('is found by name, with a kubeconfig in a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hazeljs-kubeconfig-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const server = await start()
    server.put(slice('orders-1', ['10.0.0.1']))
    const kubeConfigPath = join(folder, 'config')
    writeFileSync(kubeConfigPath, server.kubeConfig(certificates.client))
    const client = new DiscoveryClient({ backend: 'kubernetes', backendConfig: { kubeConfigPath } })
    onTestFinished(() => client.close())
    expect((await client.getInstance('orders'))?.host).toBe('10.0.0.1')
  })
})
