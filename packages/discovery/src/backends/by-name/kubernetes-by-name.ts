import type { OptionsReader } from '@hazeljs/core'
import type { BackendDependencies } from '../backend-dependencies.js'
import { type KubernetesBackendOptions, readKubernetesOptions } from '../kubernetes/kubernetes-options.js'
import { KubernetesRegistryBackend } from '../kubernetes/kubernetes-registry-backend.js'
import { DeferredRegistryBackend, type LoadedBackend } from './deferred-registry-backend.js'
import { type OpenBackend, without } from './open-backend.js'
import { cannotLoad, needPackage } from './peer-package.js'

/** Which cluster, and the backend's own options. */
export interface KubernetesBackendConfig extends KubernetesBackendOptions {
  /** Default: as kubectl finds it, from `KUBECONFIG`, `~/.kube/config` or the pod's own service account. */
  readonly kubeConfigPath?: string
  /** Default: the current one. */
  readonly context?: string
}

const connectionNames = ['kubeConfigPath', 'context'] as const

interface Connection {
  readonly path: string | undefined
  readonly context: string | undefined
}

export function readKubernetesByName(
  options: OptionsReader<{ readonly backend?: unknown; readonly backendConfig?: KubernetesBackendConfig }>,
): OpenBackend {
  needPackage(options, 'kubernetes', '@kubernetes/client-node')
  const config = options.object('backendConfig')
  readKubernetesOptions(config, undefined)
  const connection = { path: config.string('kubeConfigPath', undefined), context: config.string('context', undefined) }
  const backendOptions = without(options.value('backendConfig'), connectionNames)
  return (dependencies) => {
    const load = () => connect(connection, backendOptions, dependencies)
    return { backend: new DeferredRegistryBackend(undefined, load), owned: true }
  }
}

async function importKubernetes() {
  try {
    return await import('@kubernetes/client-node')
  } catch (error) {
    throw cannotLoad('@kubernetes/client-node', error)
  }
}

async function connect(
  { path, context }: Connection,
  options: KubernetesBackendOptions,
  dependencies?: BackendDependencies,
): Promise<LoadedBackend> {
  const { KubeConfig } = await importKubernetes()
  const kubeConfig = new KubeConfig()
  if (path === undefined) kubeConfig.loadFromDefault()
  else kubeConfig.loadFromFile(path)
  if (context !== undefined) {
    const known = kubeConfig.getContexts().map(({ name }) => name)
    if (!known.includes(context)) throw new Error(`The kubeconfig has no context '${context}'; known are ${known.join(', ')}`)
    kubeConfig.setCurrentContext(context)
  }
  return { backend: new KubernetesRegistryBackend(kubeConfig, options, dependencies), release: () => undefined }
}
