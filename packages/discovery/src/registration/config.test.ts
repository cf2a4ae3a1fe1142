import { ConfigError } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { defaultMemoryBackend } from '../backends/memory/memory-registry-backend.js'
import { resolveRegistration } from './config.js'

describe('the options of a registration', () => {
  it('are checked all at once', () => {
    const config = {
      healthCheckType: 'icmp',
      healthCheckService: 5,
      healthCheckTls: 'yes',
      retryRegistration: 1,
      drain: 'soon',
      shutdownOnSignals: ['SIGKILL'],
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
      backend: 'zookeeper',
      weight: 5,
    }
    try {
      resolveRegistration(config as never)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      const paths = (error as ConfigError).problems.map(({ path }) => path)
      expect([...new Set(paths)].sort()).toEqual(Object.keys(config).sort())
    }
  })

  it.each([
    [{ port: 1 }, 'name: is missing'],
    [{ name: 'orders' }, 'port: is missing'],
    [
      { name: 'orders', port: 1, host: 'http://orders' },
      "host: expected a host name or an address, without protocol and port, got 'http://orders'",
    ],
    [{ name: 'orders', port: 1, host: 'orders:80' }, 'host: expected a host name or an address'],
    [{ name: 'orders', port: 1, host: '0.0.0.0' }, "host: '0.0.0.0' is an address to listen on; give the one at which others reach"],
    [{ name: 'orders', port: 1, host: '[::]' }, "host: '[::]' is an address to listen on"],
    [
      { name: 'orders', port: 1, protocol: 'grpc', healthCheckPath: '/' },
      "healthCheckType: a gRPC server answers no GET; use 'grpc' or 'tcp'",
    ],
    [{ name: 'orders', port: 1, healthCheckType: 'http' }, 'healthCheckPath: is missing; http checks need it'],
    [
      { name: 'orders', port: 1, healthCheckType: 'tcp', healthCheckPath: '/' },
      "healthCheckPath: is only for checks with healthCheckType 'http'",
    ],
    [{ name: 'orders', port: 1, healthCheckService: 'a' }, "healthCheckService: is only for checks with healthCheckType 'grpc'"],
    [
      { name: 'orders', port: 1, healthCheckPath: '/', healthCheckTls: true },
      "healthCheckTls: is only for checks with healthCheckType 'grpc'",
    ],
    [{ name: 'orders', port: 1, shutdownOnSignals: 'SIGTERM' }, 'shutdownOnSignals: expected true, false or a list of'],
  ])('%o are refused', (config, message) => {
    expect(() => resolveRegistration(config as never)).toThrow(message)
  })

  it.each([
    [{}, undefined],
    [{ healthCheckPath: '/health' }, { type: 'http', path: '/health', tls: false }],
    [
      { protocol: 'https', healthCheckPath: '/health' },
      { type: 'http', path: '/health', tls: true },
    ],
    [{ healthCheckType: 'tcp' }, { type: 'tcp' }],
    [{ protocol: 'grpc' }, undefined],
    [
      { protocol: 'grpc', healthCheckType: 'grpc' },
      { type: 'grpc', service: '', tls: false },
    ],
    [
      { protocol: 'https', healthCheckType: 'grpc' },
      { type: 'grpc', service: '', tls: true },
    ],
    [
      { healthCheckType: 'grpc', healthCheckService: 'shop.v1.Orders', healthCheckTls: true },
      { type: 'grpc', service: 'shop.v1.Orders', tls: true },
    ],
  ] as const)('%o are checked by %o', (config, check) => {
    expect(resolveRegistration({ name: 'orders', port: 1, ...config }).check).toEqual(check)
  })

  it.each([
    [undefined, undefined],
    [false, []],
    [true, ['SIGTERM', 'SIGINT']],
    [['SIGHUP'], ['SIGHUP']],
  ] as const)('%o means the signals %o', (shutdownOnSignals, signals) => {
    const config = { name: 'orders', port: 1, ...(shutdownOnSignals !== undefined && { shutdownOnSignals }) }
    expect(resolveRegistration(config).signals).toEqual(signals)
  })

  it.each([
    ['orders.internal', 'orders.internal'],
    ['10.0.0.7', '10.0.0.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
  ])('take the host %s as %s', (host, read) => {
    expect(resolveRegistration({ name: 'orders', port: 1, host }).host).toBe(read)
  })

  it('have defaults', () => {
    const { openBackend, ...rest } = resolveRegistration({ name: 'orders', port: 1 })
    expect(openBackend()).toEqual({ backend: defaultMemoryBackend, owned: false })
    expect(rest).toEqual({
      name: 'orders',
      host: '127.0.0.1',
      port: 1,
      protocol: 'http',
      check: undefined,
      intervalMs: 10_000,
      timeoutMs: 5_000,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
      metadata: {},
      zone: undefined,
      tags: [],
      retry: false,
      drainMs: 5_000,
      signals: undefined,
    })
  })
})
