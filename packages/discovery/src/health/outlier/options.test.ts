import { ConfigError, resolveOptions } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { type OutlierOptions, readOutlierOptions } from './options.js'

const resolve = (options: OutlierOptions) => resolveOptions('Outliers', readOutlierOptions, options)

describe('the options of outlier ejection', () => {
  it('have defaults for small pools', () => {
    expect(resolve({})).toEqual({
      consecutiveFailures: 5,
      failurePercentage: 85,
      minRequests: 50,
      minHosts: 3,
      intervalMs: 10_000,
      baseEjectionMs: 30_000,
      maxEjectionMs: 300_000,
      maxEjectedPercent: 30,
      probe: undefined,
    })
  })

  it.each([false, 0] as const)('turn a rule off with %o', (off) => {
    expect(resolve({ consecutiveFailures: off, failurePercentage: off })).toMatchObject({
      consecutiveFailures: Infinity,
      failurePercentage: Infinity,
    })
  })

  it('let a base time be longer than the default of the longest', () => {
    expect(resolve({ baseEjection: '10m' })).toMatchObject({ baseEjectionMs: 600_000, maxEjectionMs: 600_000 })
  })

  it('read probes as a switch and as options', () => {
    expect(resolve({ probe: false }).probe).toBeUndefined()
    expect(resolve({ probe: true }).probe).toEqual({ intervalMs: 5_000, timeoutMs: 2_000 })
    expect(resolve({ probe: { interval: '1s' } }).probe).toEqual({ intervalMs: 1_000, timeoutMs: 2_000 })
  })

  it('are checked all at once', () => {
    const wrong = {
      consecutiveFailures: 1.5,
      failurePercentage: 101,
      minRequests: 0,
      minHosts: true,
      interval: 1,
      baseEjection: 0,
      maxEjection: 'long',
      maxEjectedPercent: -1,
      probe: 'yes',
      enforcing: 100,
    }
    try {
      resolve(wrong as never)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      expect((error as ConfigError).problems.map(({ path }) => path).sort()).toEqual(Object.keys(wrong).sort())
    }
  })

  it('refuse a longest time that is shorter than the base', () => {
    expect(() => resolve({ baseEjection: '30s', maxEjection: '10s' })).toThrow(
      'maxEjection: is shorter than baseEjection, which is 30000 ms',
    )
  })
})
