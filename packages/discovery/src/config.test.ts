import { describe, expect, it } from 'vitest'
import { MemoryRegistryBackend } from './backends/memory/memory-registry-backend.js'
import { discoveryProblems } from './config.js'
import { LoadBalancerCatalog } from './load-balancers/load-balancer-factory.js'

const pathsOf = (config: unknown) => discoveryProblems(config).map(({ path }) => path)

describe('discoveryProblems', () => {
  it('finds none where there are none', () => {
    expect(discoveryProblems({})).toEqual([])
    expect(discoveryProblems({ cacheEnabled: true, cacheTTL: 30_000, refreshInterval: '15s', zone: 'a', backend: 'memory' })).toEqual([])
    expect(discoveryProblems({ backend: new MemoryRegistryBackend(), cacheTTL: undefined })).toEqual([])
  })

  it('finds all of them at once', () => {
    const config = {
      cacheEnabled: 'yes',
      cacheTTL: -1,
      refreshInterval: 10,
      zone: '',
      loadBalancingStrategy: 'best',
      backend: 'radis',
      ttl: 1,
    }
    expect(pathsOf(config).sort()).toEqual(Object.keys(config).sort())
  })

  it.each([null, 5, 'memory'])('refuses %s as a config', (config) => {
    expect(pathsOf(config)).toEqual([''])
  })

  it.each(['zookeeper', 5, null, {}])('refuses the backend %s', (backend) => {
    expect(discoveryProblems({ backend })[0]?.message).toContain('expected the name of a registry or a RegistryBackend')
  })

  it("accepts users' own strategies", () => {
    const catalog = new LoadBalancerCatalog().register('best', () => ({ update: () => undefined, choose: () => undefined }))
    expect(discoveryProblems({ loadBalancingStrategy: 'best' }, catalog)).toEqual([])
  })
})
