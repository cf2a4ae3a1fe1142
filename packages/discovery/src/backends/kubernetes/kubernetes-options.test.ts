import type { KubeConfig } from '@kubernetes/client-node'
import { ConfigError } from '@hazeljs/core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { KubernetesConfig } from './kubernetes-config.js'
import {
  allAddressTypes,
  defaultCallTimeoutMs,
  defaultIdleTimeoutMs,
  defaultNamespace,
  defaultWatchTimeoutMs,
  type KubernetesBackendOptions,
  resolveKubernetesOptions,
} from './kubernetes-options.js'
import { KubernetesRegistryBackend } from './kubernetes-registry-backend.js'

const config = (namespace?: string): KubernetesConfig => ({
  getCurrentContext: () => 'test',
  getContextObject: () => (namespace === undefined ? {} : { namespace }),
  getCurrentCluster: () => ({ server: 'https://127.0.0.1' }),
  applyToHTTPSOptions: () => Promise.resolve(),
})

function problemsOf(options: unknown, kubeConfig: unknown = config()): readonly string[] {
  try {
    new KubernetesRegistryBackend(kubeConfig as KubernetesConfig, options as KubernetesBackendOptions)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ path, message }) => `${path}: ${message}`)
  }
}

describe('options of the Kubernetes backend', () => {
  it('take a KubeConfig of the client library', () => {
    expectTypeOf<KubeConfig>().toExtend<KubernetesConfig>()
    expectTypeOf<ConstructorParameters<typeof KubernetesRegistryBackend>[0]>().toEqualTypeOf<KubernetesConfig>()
  })

  it('have defaults', () => {
    expect(resolveKubernetesOptions(config(), {})).toEqual({
      namespace: defaultNamespace,
      labelSelector: undefined,
      portName: undefined,
      protocol: undefined,
      addressTypes: allAddressTypes,
      serviceLabel: 'kubernetes.io/service-name',
      callTimeoutMs: defaultCallTimeoutMs,
      watchTimeoutMs: defaultWatchTimeoutMs,
      idleTimeoutMs: defaultIdleTimeoutMs,
    })
    expect([defaultNamespace, defaultCallTimeoutMs, defaultWatchTimeoutMs, defaultIdleTimeoutMs]).toEqual([
      'default',
      4_000,
      300_000,
      120_000,
    ])
    expect(allAddressTypes).toEqual(['IPv4', 'IPv6', 'FQDN'])
  })

  it('look in the namespace of the context, unless they name one', () => {
    expect(resolveKubernetesOptions(config('shop'), {}).namespace).toBe('shop')
    expect(resolveKubernetesOptions(config('shop'), { namespace: 'other' }).namespace).toBe('other')
  })

  it('are refused all at once, each with its name', () => {
    const wrong = {
      namespace: 'Shop',
      labelSelector: ' ',
      portName: '',
      protocol: 'tcp',
      addressTypes: ['IPv5'],
      serviceLabel: 'a b',
      callTimeout: 0,
      watchTimeout: '10ms',
      idleTimeout: -1,
      portname: 'http',
    }
    expect(problemsOf(wrong).map((problem) => problem.split(':')[0])).toEqual([
      'portname',
      'namespace',
      'labelSelector',
      'portName',
      'protocol',
      'addressTypes',
      'serviceLabel',
      'callTimeout',
      'watchTimeout',
      'idleTimeout',
    ])
    expect(problemsOf(wrong)[0]).toMatch(/did you mean portName\?/)
    expect(problemsOf({ addressTypes: [] })).toHaveLength(1)
  })

  it.each([undefined, null, 'kubeconfig', {}, { getCurrentCluster: () => null }])('want a KubeConfig, and not %j', (kubeConfig) => {
    expect(problemsOf({}, kubeConfig ?? null)).toEqual([
      expect.stringMatching(/^kubeConfig: expected a KubeConfig of @kubernetes\/client-node, got /),
    ])
  })
})
