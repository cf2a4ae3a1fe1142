import { ConfigError } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { Bulkhead } from '../../bulkhead/bulkhead.js'
import { CircuitBreaker } from '../../circuit-breaker/circuit-breaker.js'
import { compose } from '../../compose.js'
import type { Policy } from '../../policy.js'
import { RetryPolicy } from '../../retry/retry-policy.js'
import { Timeout } from '../../timeout/timeout.js'
import type { SimulationOptions } from './options.js'
import { simulate } from './simulate.js'

const unguarded = () => compose()

const outage: SimulationOptions = {
  seed: 42,
  rate: 50,
  arrivals: 'poisson',
  pipeline: (clock, random, observe) =>
    compose(
      new RetryPolicy({ maxAttempts: 2 }, clock, random),
      observe(new CircuitBreaker({ name: 'prices', failureRateThreshold: 50, minimumCalls: 20, resetTimeout: '2s' }, clock, random)),
      new Timeout('1s', clock),
    ),
  target: [
    { for: '5s', latency: { min: '20ms', max: '80ms' }, failureRate: 5 },
    { for: '5s', latency: 5, failureRate: 100 },
    { for: '5s', hang: true },
    { for: '5s', latency: 50 },
  ],
}

describe('a simulation', () => {
  it('counts each call once, second by second', async () => {
    const report = await simulate({
      rate: 10,
      pipeline: unguarded,
      target: [
        { for: '2s', latency: 50 },
        { for: '1s', failureRate: 100 },
      ],
    })
    expect(report).toMatchObject({ calls: 30, succeeded: 20, substituted: 0, failed: 10, rejected: 0, unfinished: 0, attempts: 30 })
    expect(report.errors).toEqual({ Error: 10 })
    expect(report.successLatency).toEqual({ p50: 50, p95: 50, p99: 50, max: 50 })
    expect(report.failureLatency).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 })
    const second = { arrivals: 10, attempts: 10, succeeded: 10, substituted: 0, failed: 0, rejected: 0 }
    expect(report.timeline).toEqual([second, second, { ...second, succeeded: 0, failed: 10 }])
  })

  it('is the same again with the same seed, byte for byte, and another with another', async () => {
    const [first, again, other] = [await simulate(outage), await simulate(outage), await simulate({ ...outage, seed: 43 })]
    expect(again).toEqual(first)
    expect(String(again)).toBe(String(first))
    expect(JSON.stringify(again)).toBe(JSON.stringify(first))
    expect(JSON.stringify(other)).not.toBe(JSON.stringify({ ...first, seed: 43 }))
  })

  it('gives another pipeline the same traffic', async () => {
    const [first, other] = [await simulate(outage), await simulate({ ...outage, pipeline: unguarded })]
    expect(other.timeline.slice(0, 20).map(({ arrivals }) => arrivals)).toEqual(first.timeline.slice(0, 20).map(({ arrivals }) => arrivals))
  })

  it('lets as many calls arrive as it says, whatever the pauses between them', async () => {
    const regular = await simulate({ rate: 3, duration: '20s', pipeline: unguarded, target: [{ for: '1s' }] })
    expect(regular.timeline.map(({ arrivals }) => arrivals)).toEqual(Array.from({ length: 20 }, () => 3))
    const { calls, timeline } = await simulate({
      rate: 100,
      duration: '20s',
      arrivals: 'poisson',
      pipeline: unguarded,
      target: [{ for: '1s' }],
    })
    // Five standard deviations of a Poisson count.
    expect(Math.abs(calls - 2_000)).toBeLessThan(5 * Math.sqrt(2_000))
    expect(new Set(timeline.map(({ arrivals }) => arrivals)).size).toBeGreaterThan(5)
  })

  it('says which calls never ended, and does not wait for ever', async () => {
    const report = await simulate({ rate: 10, pipeline: unguarded, target: [{ for: '1s', hang: true }] })
    expect(report).toMatchObject({ calls: 10, unfinished: 10, succeeded: 0, successLatency: undefined, failureLatency: undefined })
    expect(String(report)).toContain('unfinished')
  })

  it('waits for what is under way when the last call has arrived', async () => {
    const pipeline: SimulationOptions['pipeline'] = (clock) => new Timeout('30s', clock)
    const report = await simulate({ rate: 10, pipeline, target: [{ for: '1s', hang: true }] })
    expect(report).toMatchObject({ failed: 10, unfinished: 0, errors: { TIMEOUT: 10 } })
    expect(report.timeline).toHaveLength(31)
  })

  it('lets a target that has too much to do become slower', async () => {
    const target = [{ for: '10s', latency: 100 }]
    const alone = await simulate({ rate: 50, capacity: 4, pipeline: unguarded, target })
    const guarded = await simulate({
      rate: 50,
      capacity: 4,
      pipeline: (clock) => new Bulkhead({ maxConcurrent: 4 }, clock),
      target,
    })
    expect(alone.successLatency?.p50).toBeGreaterThan(120)
    expect(guarded.successLatency).toMatchObject({ p50: 100, max: 100 })
    expect(guarded.errors).toEqual({ BULKHEAD_FULL: guarded.rejected })
    expect(guarded.attempts).toBe(guarded.succeeded)
  })

  it('tells answers of the target from those that a policy put in their place', async () => {
    const fallback: Policy<string> = {
      execute: (call, context) =>
        compose()
          .execute(call, context)
          .catch(() => 'stale'),
    }
    const report = await simulate({ rate: 10, pipeline: () => fallback, target: [{ for: '1s', failureRate: 100 }, { for: '1s' }] })
    expect(report).toMatchObject({ succeeded: 20, substituted: 10, failed: 0, attempts: 20 })
  })

  it('follows the circuits that it was shown', async () => {
    const { circuits, circuitChanges, rejected, errors } = await simulate(outage)
    expect(circuits).toEqual({ prices: 'CLOSED' })
    expect(circuitChanges[0]).toMatchObject({ circuit: 'prices', from: 'CLOSED', to: 'OPEN' })
    expect(circuitChanges[0]?.atMs).toBeGreaterThan(5_000)
    expect(circuitChanges.at(-1)?.to).toBe('CLOSED')
    expect(rejected).toBeGreaterThan(0)
    expect(Object.keys(errors)).toContain('RETRY_EXHAUSTED')
  })

  it('hands the options of each call to the pipeline', async () => {
    const keys: (string | undefined)[] = []
    const looking: Policy = {
      execute: (call, context) => compose().execute((inner) => (keys.push(inner.options.key), call(inner)), context),
    }
    await simulate({ rate: 3, pipeline: () => looking, callOptions: (number) => ({ key: `k${number}` }), target: [{ for: '1s' }] })
    expect(keys).toEqual(['k1', 'k2', 'k3'])
  })
})

it('refuses what it cannot play, all at once', async () => {
  const problems = await simulate({
    rate: Number.NaN,
    seed: -1,
    duration: 'soon',
    capacity: 0,
    target: [
      { for: 0, latency: { min: 5, max: 2 }, failureRate: 101 },
      { for: '1s', hang: true, failureRate: 3 },
    ],
    arrival: 'poisson',
  } as never).catch((error: unknown) => (error instanceof ConfigError ? error.problems.map(({ path }) => path) : error))
  expect(problems).toEqual([
    'arrival',
    'pipeline',
    'target[0].for',
    'target[0].latency.max',
    'target[0].failureRate',
    'target[1].hang',
    'rate',
    'duration',
    'seed',
    'capacity',
  ])
  await expect(simulate({ rate: 1, pipeline: unguarded, target: [] })).rejects.toThrow('target: expected a list of phases')
  await expect(simulate({ rate: 1e6, duration: '1h', pipeline: unguarded, target: [{ for: 1 }] })).rejects.toThrow('more than 10000000')
})
