import { ConfigError, resolveOptions } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { type EtcdBackendOptions, readEtcdOptions } from './etcd-options.js'
import { EtcdRegistryBackend } from './etcd-registry-backend.js'

const resolve = (options: EtcdBackendOptions) => resolveOptions('etcd', readEtcdOptions, options)
const endpoints = 'http://127.0.0.1:2379'

describe('the options of EtcdRegistryBackend', () => {
  it('have defaults', () => {
    expect(resolve({ endpoints })).toEqual({
      endpoints: [endpoints],
      keyPrefix: 'hazeljs/discovery/',
      ttlSeconds: 30,
      credentials: undefined,
      tls: {},
      requestTimeoutMs: 2_000,
      watchIdleMs: 10_000,
    })
  })

  it('take what users write', () => {
    const given: EtcdBackendOptions = {
      endpoints: ['https://a:2379/', 'https://[::1]:2379'],
      keyPrefix: 'mine',
      ttl: '1500ms',
      username: 'app',
      password: '',
      tls: { ca: 'pem', cert: Buffer.from('c'), key: 'k', servername: 'etcd' },
    }
    expect(resolve(given)).toMatchObject({
      endpoints: ['https://a:2379', 'https://[::1]:2379'],
      keyPrefix: 'mine/',
      ttlSeconds: 2,
      credentials: { username: 'app', password: '' },
      tls: { ca: ['pem'], cert: Buffer.from('c'), key: 'k', servername: 'etcd' },
    })
  })

  it.each([
    [{}, 'endpoints: is required'],
    [{ endpoints: [] }, 'endpoints: expected at least one URL'],
    [{ endpoints: [endpoints, '127.0.0.1:2379'] }, "endpoints[1]: expected the URL of an etcd member, such as 'http://127.0.0.1:2379'"],
    [{ endpoints: 'http://me:secret@a' }, 'endpoints: give the credentials as username and password, not in the URL'],
    [{ endpoints: 'http://a/v3' }, 'endpoints: expected a URL without a path'],
    [{ endpoints: 2379 }, 'got 2379'],
    [{ endpoints, keyPrefix: '' }, 'keyPrefix: expected a text that is not empty'],
    [{ endpoints, ttl: '500ms' }, 'ttl: expected'],
    [{ endpoints, ttl: 'soon' }, 'ttl: expected'],
    [{ endpoints, username: 'app' }, 'password: is required with username'],
    [{ endpoints, password: 'x' }, 'username: is required with password'],
    [{ endpoints, tls: { ca: 'pem' } }, 'tls: no endpoint is an https URL'],
    [{ endpoints: 'https://a', tls: { ca: [1], cert: 1 } }, 'tls.key: cert and key are needed together'],
    [{ endpoints, hosts: 'x' }, 'hosts: unknown option'],
  ])('refuse %o', (options, problem) => {
    const make = () => new EtcdRegistryBackend(options as EtcdBackendOptions)
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(problem)
  })

  it('tell no secrets when they are wrong', () => {
    expect(() => new EtcdRegistryBackend({ endpoints: 'http://me:secret@a/x' })).not.toThrow(/secret/)
  })
})
