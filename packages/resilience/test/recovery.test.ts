import { CircuitBreaker, compose, type Policy, RetryPolicy, standard, Timeout } from '@hazeljs/resilience'
import { simulate, type SimulationOptions } from '@hazeljs/resilience/testing'
import { describe, expect, it } from 'vitest'

const outage: Omit<SimulationOptions, 'pipeline'> = {
  seed: 42,
  rate: 50,
  target: [
    { for: '10s', latency: 50 },
    { for: '60s', latency: 5, failureRate: 100 },
    { for: '110s', latency: 50 },
  ],
}

function standardOf(...[clock, random, observe]: Parameters<SimulationOptions['pipeline']>): Policy {
  const pipeline = standard({}, clock, random)
  if (pipeline.circuitBreaker !== undefined) observe(pipeline.circuitBreaker)
  return pipeline
}

// Here retries wait for the open circuit as long as it says, so those who wait longest come first when it opens a little, with no time left.
// That their total timeout cuts them off says nothing of the target.
function waiting(...[clock, random, observe]: Parameters<SimulationOptions['pipeline']>): Policy {
  const breaker = observe(new CircuitBreaker({ resetTimeout: '5s' }, clock, random))
  return compose(new Timeout('5s', clock), new RetryPolicy({}, clock, random), breaker)
}

describe.each([
  ['standard()', standardOf],
  ['retries that wait for the circuit', waiting],
])('%s', (_name, pipeline) => {
  it('finds a target again that was away for a minute, with its first probes', async () => {
    const report = await simulate({ ...outage, pipeline })
    expect(report.circuitChanges.at(-1)?.to, String(report)).toBe('CLOSED')
    const back = report.circuitChanges.filter(({ atMs }) => atMs > 70_000)
    expect(
      back.map(({ to }) => to),
      String(report),
    ).toEqual(['HALF_OPEN', 'CLOSED'])
  })
})

it('lets callers of standard() fail fast while the circuit is open', async () => {
  const report = await simulate({ ...outage, pipeline: standardOf })
  expect(report.failureLatency?.p99, String(report)).toBeLessThan(1_000)
})
