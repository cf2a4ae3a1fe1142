// The registries under measurement: how each is started, how a process reaches it, and how an instance comes into it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServiceRegistry } from '@hazeljs/discovery'
import { KubernetesApiServer } from '@hazeljs/discovery/testing'
import { ConsulServer, EtcdServer, RedisServer } from 'hazeljs-test-servers'

/** Short, so that a run is; etcd grants no lease below two seconds. */
const TTL_SECONDS = 3
export const ttlMs = TTL_SECONDS * 1_000

/**
 * @typedef {object} Registry
 * @property {object} choice `backend` and `backendConfig`
 * @property {boolean} hasLeases whether it takes out who sends no heartbeats
 * @property {(name: string, port: number) => Promise<() => Promise<void>>} announce an instance; the result takes it out
 * @property {() => Promise<void>} close
 */

/** @returns {Registry} one in which instances register themselves */
const ofServer = (server, backend, backendConfig) => {
  const choice = { backend, backendConfig }
  return {
    choice,
    hasLeases: true,
    announce: async (name, port) => {
      const registry = new ServiceRegistry({ name, port, ...choice })
      await registry.register()
      return () => registry.deregister()
    },
    close: () => server.kill(),
  }
}

const kubernetes = async () => {
  const server = await KubernetesApiServer.start()
  const folder = mkdtempSync(join(tmpdir(), 'hazeljs-bench-'))
  const kubeConfigPath = join(folder, 'config')
  writeFileSync(kubeConfigPath, server.kubeConfig())
  return {
    choice: { backend: 'kubernetes', backendConfig: { kubeConfigPath, namespace: 'default' } },
    hasLeases: false,
    announce: (name, port) => {
      const slice = `${name}-${port}`
      server.put({
        metadata: { name: slice, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
        ports: [{ name: 'http', port, protocol: 'TCP' }],
      })
      return Promise.resolve(() => Promise.resolve(void server.delete(slice)))
    },
    close: async () => {
      await server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** @type {readonly { name: string, start: () => Promise<Registry> }[]} */
export const registries = [
  {
    name: 'redis',
    start: async () => {
      const server = await RedisServer.start()
      return ofServer(server, 'redis', { host: server.host, port: server.port, ttl: TTL_SECONDS })
    },
  },
  {
    name: 'consul',
    start: async () => {
      const server = await ConsulServer.start()
      return ofServer(server, 'consul', { host: server.host, port: server.port, ttl: `${TTL_SECONDS}s` })
    },
  },
  {
    name: 'etcd',
    start: async () => {
      const server = await EtcdServer.start()
      return ofServer(server, 'etcd', { endpoints: `http://127.0.0.1:${server.port}`, ttl: `${TTL_SECONDS}s` })
    },
  },
  { name: 'kubernetes', start: kubernetes },
]
