import { expect, it } from 'vitest'
import { CircuitBreaker } from '../../circuit-breaker/circuit-breaker.js'
import { compose } from '../../compose.js'
import { Timeout } from '../../timeout/timeout.js'
import type { SimulationOptions } from './options.js'
import { simulate } from './simulate.js'

const pipeline: SimulationOptions['pipeline'] = (clock, random, observe) =>
  compose(observe(new CircuitBreaker({ failureThreshold: 5, resetTimeout: '2s' }, clock, random)), new Timeout('1s', clock))

it('tells what happened, aligned', async () => {
  const report = await simulate({
    rate: 20,
    pipeline,
    target: [
      { for: '2s', latency: 50 },
      { for: '3s', failureRate: 100 },
      { for: '2s', latency: 50 },
    ],
  })
  expect(`\n${String(report)}\n`).toMatchInlineSnapshot(`
    "
    140 calls in 7 s, 20 a second, regular arrivals, seed 1

      succeeded  56  40.0 %
      failed      6   4.3 %  after at least one attempt
      rejected   78  55.7 %  before any attempt
      attempts   62          reached the target, 0.44 a call
      errors: CIRCUIT_OPEN 78, Error 6

      latency         p50    p95    p99    max
      of successes  50 ms  50 ms  50 ms  50 ms
      of failures    0 ms   0 ms   0 ms   0 ms

      arrivals    ███████
      attempts    ██▂ ▁ ▇
      succeeded   ██▁   ▆▁
      failed        ▂ ▁
      rejected      ▆███▂
      circuit 1   --OOOO--
                  one second a character; the highest bar is 20 calls; - closed, O open, h half-open

       time  target  arrivals  attempts  succeeded  failed  rejected
      0–1 s  50 ms         20        20         19       0         0
      1–2 s  50 ms         20        20         20       0         0
      2–3 s  down          20         5          1       5        15
      3–4 s  down          20         0          0       0        20
      4–5 s  down          20         1          0       1        19
      5–6 s  50 ms         20         0          0       0        20
      6–7 s  50 ms         20        16         15       0         4
      7–8 s  50 ms          0         0          1       0         0

      2.20 s  circuit 1  CLOSED → OPEN
      4.20 s  circuit 1  OPEN → HALF_OPEN
      4.20 s  circuit 1  HALF_OPEN → OPEN
      6.20 s  circuit 1  OPEN → HALF_OPEN
      6.45 s  circuit 1  HALF_OPEN → CLOSED
    "
  `)
})

it('fits into 100 columns, however long it was and whatever the names are', async () => {
  const report = await simulate({
    rate: 1,
    duration: '2h',
    pipeline: (clock, random, observe) => {
      for (const letter of 'abc') observe(new CircuitBreaker({ name: letter.repeat(120) }, clock, random))
      return {
        execute: () => {
          throw Object.assign(new Error('broken'), { code: 'E'.repeat(200) })
        },
      }
    },
    target: [
      { for: '1s', latency: { min: '1ms', max: '2s' }, failureRate: 33.333 },
      { for: '1s', hang: true },
      { for: '1s', latency: 70_000, failureRate: 100 },
    ],
  })
  const lines = String(report).split('\n')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
  expect(lines.filter((line) => line !== line.trimEnd())).toEqual([])
  expect(lines.length).toBeLessThan(50)
  expect(String(report)).toContain('120 seconds a character')
})

it('leaves out what there was nothing of', async () => {
  const story = String(await simulate({ rate: 1, duration: 500, pipeline: () => compose(), target: [{ for: '1h', hang: true }] }))
  for (const absent of ['latency', 'errors', 'closed', '→']) expect(story).not.toContain(absent)
})
