import { KubeConfig } from '@kubernetes/client-node'
import { type KubernetesBackendOptions, KubernetesRegistryBackend } from '@hazeljs/discovery'
import { KubernetesApiServer, type KubernetesApiServerOptions } from '@hazeljs/discovery/testing'
import { onTestFinished } from 'vitest'

/** A server until the test ends. */
export async function startServer(options: KubernetesApiServerOptions = {}): Promise<KubernetesApiServer> {
  const server = await KubernetesApiServer.start(options)
  onTestFinished(() => server.close())
  return server
}

export function kubeConfigOf(text: string): KubeConfig {
  const config = new KubeConfig()
  config.loadFromString(text)
  return config
}

/** A server and a backend on it, until the test ends. Warnings of the backend are kept. */
export async function startCluster(options: KubernetesBackendOptions = {}, serverOptions: KubernetesApiServerOptions = {}) {
  const server = await startServer(serverOptions)
  const warnings: string[] = []
  const keep = (_fields: object, message: string) => warnings.push(message)
  const logger = { debug: keep, info: () => undefined, warn: keep, error: keep }
  const backend = new KubernetesRegistryBackend(kubeConfigOf(server.kubeConfig()), options, { logger })
  onTestFinished(() => backend.close())
  return { server, backend, warnings }
}

/** How long anything may take to come about. */
export const patience = { timeout: 5_000, interval: 5 }
