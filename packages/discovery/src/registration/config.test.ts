import { ConfigError } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { resolveRegistration } from './config.js'

describe('the options of a registration', () => {
  it('are checked all at once', () => {
    const config = {
      name: '',
      host: '',
      port: 70_000,
      protocol: 'ftp',
      healthCheckPath: 'health',
      healthCheckInterval: 1,
      healthCheckTimeout: 0,
      healthyThreshold: 0,
      unhealthyThreshold: 1.5,
      metadata: [],
      zone: 5,
      tags: 'v1',
      backend: 'consul',
      weight: 5,
    }
    try {
      resolveRegistration(config as never)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      expect((error as ConfigError).problems.map(({ path }) => path).sort()).toEqual(Object.keys(config).sort())
    }
  })

  it.each([
    [{ port: 1 }, 'name: is missing'],
    [{ name: 'orders' }, 'port: is missing'],
    [{ name: 'orders', port: 1, protocol: 'grpc', healthCheckPath: '/' }, 'checks over grpc'],
  ])('%o are refused', (config, message) => {
    expect(() => resolveRegistration(config as never)).toThrow(message)
  })
})
