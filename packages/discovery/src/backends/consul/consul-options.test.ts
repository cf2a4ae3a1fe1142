import { ConfigError } from '@hazeljs/core'
import Consul from 'consul'
import { describe, expect, it } from 'vitest'
import type { ConsulClient } from './consul-client.js'
import {
  defaultConsulTtlMs,
  defaultDeregisterAfterMs,
  defaultRequestTimeoutMs,
  defaultWaitsPerTtl,
  resolveConsulOptions,
} from './consul-options.js'
import { ConsulRegistryBackend } from './consul-registry-backend.js'

/** That this compiles is the test: the client of the package is one. */
const client: ConsulClient = new Consul()

const problemsOf = (options: object, given: unknown): readonly string[] => {
  try {
    new ConsulRegistryBackend(given as ConsulClient, options)
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.problems.map(({ path, message }) => `${path}: ${message}`) : [String(error)]
  }
}

describe('the options of ConsulRegistryBackend', () => {
  it('have defaults', () => {
    expect(resolveConsulOptions(client, {})).toEqual({
      ttlMs: defaultConsulTtlMs,
      deregisterAfterMs: defaultDeregisterAfterMs,
      waitMs: defaultConsulTtlMs / defaultWaitsPerTtl,
      requestTimeoutMs: defaultRequestTimeoutMs,
    })
    expect([defaultConsulTtlMs, defaultDeregisterAfterMs, defaultWaitsPerTtl, defaultRequestTimeoutMs]).toEqual([30_000, 60_000, 3, 4_000])
    expect(new ConsulRegistryBackend(client, { ttl: '45s' }).ttlMs).toBe(45_000)
  })

  it('are told when they are wrong, all at once', () => {
    const options = { ttl: 'soon', deregisterAfter: '59s', wait: '11m', requestTimeout: 0, tll: '30s' }
    expect([...problemsOf(options, client)].sort()).toEqual([
      expect.stringMatching(/^deregisterAfter: .* from 60000 to .*, got '59s'/),
      expect.stringMatching(/^requestTimeout: .* from 1 to .*, got 0/),
      'tll: unknown option; did you mean ttl?',
      expect.stringMatching(/^ttl: .* from 1000 to .*, got 'soon'/),
      'wait: expected at most 600000 ms, got 660000 ms',
    ])
    expect(problemsOf({ ttl: 999, wait: 99 }, client)).toHaveLength(2)
  })

  it.each([[undefined], [null], ['localhost:8500'], [{}], [{ health: {} }]])('refuse %j in the place of a client', (given) => {
    expect(problemsOf({}, given)).toEqual([
      expect.stringMatching(/^client: expected a client of the package consul, such as new Consul\(\), got /),
    ])
  })
})
