import { KubeConfig, type User } from '@kubernetes/client-node'
import { KubernetesRegistryBackend } from '@hazeljs/discovery'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { kubeConfigOf, patience, startCluster, startServer } from './cluster.fixture.js'
import { slice, watchOf } from './slices.fixture.js'

describe('who asks', () => {
  it('without the right is told which rule is missing', async () => {
    const { server, backend } = await startCluster({ namespace: 'shop' }, { token: 'reader' })
    server.allow('reader', ['get'])
    const watch = watchOf(backend)
    const message = (verb: string) =>
      expect.stringMatching(
        new RegExp(
          `^Kubernetes at ${server.url} does not allow to ${verb} endpointslices.discovery.k8s.io in the namespace shop \\(403 .*\\)\\. ` +
            `Bind a Role .*apiGroups: \\['discovery.k8s.io'\\], resources: \\['endpointslices'\\], verbs: \\['get', 'list', 'watch'\\]`,
        ),
      ) as string
    await expect(backend.getInstances('orders')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED', message: message('list') })
    await expect.poll(() => watch.failures()[0], patience).toMatchObject({ code: 'REGISTRY_REFUSED', message: message('list') })
    server.allow('reader', ['get', 'list'])
    await expect.poll(() => watch.failures()[1], patience).toMatchObject({ code: 'REGISTRY_REFUSED', message: message('watch') })
    server.allow('reader', ['get', 'list', 'watch'])
    await expect.poll(watch.hosts, patience).toEqual([])
  })

  it('with a token that nobody knows is told so', async () => {
    const server = await startServer({ token: 'right' })
    const backend = new KubernetesRegistryBackend(kubeConfigOf(server.kubeConfig({ token: 'wrong' })))
    await expect(backend.getInstance('orders:10.0.0.1:80')).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringMatching(/does not know who asks to list .* in the namespace default \(401 Unauthorized\)/) as string,
    })
  })

  it('at another server than one of Kubernetes is told so', async () => {
    const server = await startServer()
    const config = kubeConfigOf(server.kubeConfig().replace(server.url, `${server.url}/elsewhere`))
    await expect(new KubernetesRegistryBackend(config).getInstances('orders')).rejects.toThrow(/404 .* Kubernetes 1\.21/)
  })

  it('outside of a cluster is told so', async () => {
    const kubeConfig = new KubeConfig()
    kubeConfig.loadFromClusterAndUser({ name: 'none found', server: 'http://localhost:8080', skipTLSVerify: false }, { name: 'user' })
    await expect(new KubernetesRegistryBackend(kubeConfig).getInstances('orders')).rejects.toThrow(/no kubeconfig was found/)
    const inPod = new KubeConfig()
    vi.stubEnv('KUBERNETES_SERVICE_HOST', undefined)
    vi.stubEnv('KUBERNETES_SERVICE_PORT', undefined)
    onTestFinished(() => void vi.unstubAllEnvs())
    inPod.loadFromCluster()
    await expect(new KubernetesRegistryBackend(inPod).getInstances('orders')).rejects.toThrow(/loadFromCluster\(\) works inside a pod only/)
  })

  it('without a current cluster is told so', async () => {
    await expect(new KubernetesRegistryBackend(new KubeConfig()).getInstances('orders')).rejects.toThrow(/no current cluster/)
  })

  it('shows the token that is in the file at that moment', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hazeljs-token-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'token')
    writeFileSync(file, 'first')
    const server = await startServer({ token: 'first' })
    server.put(slice('orders-1', ['10.0.0.1']))
    const config = new KubeConfig()
    config.addAuthenticator({
      isAuthProvider: (user: User) => user.name === 'test',
      applyAuthentication: async (_user: User, options: RequestOptions) => {
        options.headers = { Authorization: `Bearer ${await readFile(file, 'utf8')}` }
      },
    })
    config.loadFromClusterAndUser({ name: 'test', server: server.url, skipTLSVerify: true }, { name: 'test' })
    const backend = new KubernetesRegistryBackend(config)
    onTestFinished(() => backend.close())
    const watch = watchOf(backend)
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.1'])
    server.allow('second')
    server.revoke('first')
    server.cutStreams()
    await expect.poll(() => watch.failures().length, patience).toBe(1)
    writeFileSync(file, 'second')
    server.put(slice('orders-1', ['10.0.0.2']))
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.2'])
    expect(await backend.getInstances('orders')).toHaveLength(1)
  })

  it('waits no longer than callTimeout for a plugin that brings the credentials', async () => {
    const server = await startServer()
    const config = kubeConfigOf(server.kubeConfig())
    config.applyToHTTPSOptions = () => new Promise(() => undefined)
    const backend = new KubernetesRegistryBackend(config, { callTimeout: 20 })
    await expect(backend.getInstances('orders')).rejects.toThrow(/no answer within 20 ms/)
  })
})
