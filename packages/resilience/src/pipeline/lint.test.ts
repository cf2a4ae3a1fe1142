import { describe, expect, it } from 'vitest'
import { Bulkhead } from '../bulkhead/bulkhead.js'
import { CircuitBreaker } from '../circuit-breaker/circuit-breaker.js'
import { compose } from '../compose.js'
import type { PolicyDescription } from '../description.js'
import { FallbackPolicy } from '../fallback/fallback-policy.js'
import { Hedge } from '../hedge/hedge.js'
import type { CallContext, Policy } from '../policy.js'
import { RetryPolicy } from '../retry/retry-policy.js'
import { Timeout } from '../timeout/timeout.js'
import { lint } from './lint.js'

/** A policy that does nothing but say what it would do. */
function said(policy: string, says: Partial<PolicyDescription> = {}): Policy {
  return {
    execute: async (call, context) => call(context as CallContext),
    describe: () => ({ policy, summary: '', ...says }),
  }
}

const timeout = (timeoutMs: number) => said('Timeout', { timeoutMs })
const retry = (attempts = 4, leastPausesMs = 0) => said('RetryPolicy', { attempts, leastPausesMs })
const breaker = (says: Partial<PolicyDescription> = {}) => said('CircuitBreaker', says)
const fallback = said('FallbackPolicy', { swallowsFailures: true })
const bulkhead = (queueTimeoutMs?: number) => said('Bulkhead', { queueTimeoutMs })
const hedge = (hedgeDelayMs?: number) => said('Hedge', { hedgeDelayMs })
const shared = new Timeout('5s')

interface Defect {
  readonly bad: readonly Policy[]
  readonly code: string
  readonly policies: readonly number[]
  readonly message: string
  readonly good: readonly Policy[]
}

const defects: readonly (readonly [string, Defect])[] = [
  [
    'a timeout within a shorter one',
    {
      bad: [timeout(5_000), retry(), timeout(10_000)],
      code: 'TIMEOUT_NEVER_FIRES',
      policies: [0, 2],
      message: 'Timeout (policies[2]) never fires: 10 s is too long where Timeout (policies[0]) ends calls after 5 s. Give it less time.',
      good: [timeout(5_000), retry(), timeout(4_999)],
    },
  ],
  [
    'a timeout within one that is as long',
    {
      bad: [timeout(5_000), timeout(5_000)],
      code: 'TIMEOUT_NEVER_FIRES',
      policies: [0, 1],
      message: 'ends calls after 5 s',
      good: [retry(), timeout(5_000)],
    },
  ],
  [
    'a timeout within the timeout of a breaker',
    {
      bad: [timeout(9_000), breaker({ timeoutMs: 1_000 }), timeout(2_000)],
      code: 'TIMEOUT_NEVER_FIRES',
      policies: [1, 2],
      message: 'CircuitBreaker (policies[1]) ends calls after 1 s',
      good: [timeout(9_000), breaker({ timeoutMs: 2_000 }), timeout(1_000)],
    },
  ],
  [
    'a fallback inside what acts on failures',
    {
      bad: [timeout(5_000), retry(), breaker(), hedge(), fallback],
      code: 'FAILURES_HIDDEN',
      policies: [1, 2, 3, 4],
      message:
        'FallbackPolicy (policies[4]) hides failures from RetryPolicy (policies[1]) and CircuitBreaker (policies[2]) and Hedge (policies[3]). ' +
        'Place it outside.',
      good: [timeout(5_000), fallback, retry(), breaker(), hedge()],
    },
  ],
  [
    'a retry inside a retry',
    {
      bad: [retry(4), breaker(), retry(3)],
      code: 'ATTEMPTS_MULTIPLY',
      policies: [0, 2],
      message:
        'RetryPolicy (policies[2]) is inside RetryPolicy (policies[0]): a call that fails is made 4 × 3 = 12 times. Retry in one place.',
      good: [retry(4), breaker(), retry(1)],
    },
  ],
  [
    'pauses that no timeout leaves time for',
    {
      bad: [timeout(7_000), retry(4, 7_000)],
      code: 'RETRIES_NEVER_MADE',
      policies: [0, 1],
      message:
        'RetryPolicy (policies[1]) never makes its last retries: 7 s is too long where Timeout (policies[0]) ends calls after 7 s. ' +
        'Make fewer, or shorten their pauses.',
      good: [timeout(7_001), retry(4, 7_000), timeout(2_000)],
    },
  ],
  [
    'a wait for a place that is cut off',
    {
      bad: [timeout(2_000), bulkhead(3_000)],
      code: 'QUEUE_TIMEOUT_NEVER_FIRES',
      policies: [0, 1],
      message:
        'Bulkhead (policies[1]) never ends a wait: 3 s is too long where Timeout (policies[0]) ends calls after 2 s. Shorten that wait.',
      good: [bulkhead(3_000), timeout(2_000), bulkhead()],
    },
  ],
  [
    'a hedge that comes too late',
    {
      bad: [timeout(2_000), hedge(2_000)],
      code: 'HEDGE_NEVER_MADE',
      policies: [0, 1],
      message:
        'Hedge (policies[1]) never makes a second call: 2 s is too long where Timeout (policies[0]) ends calls after 2 s. Shorten its delay.',
      good: [timeout(2_000), hedge(1_999)],
    },
  ],
  [
    'slow calls that a timeout around ends first',
    {
      bad: [timeout(2_000), breaker({ slowCallMs: 60_000 })],
      code: 'NEVER_SLOW',
      policies: [0, 1],
      message:
        'CircuitBreaker (policies[1]) never sees a slow call: 1 min is too long where Timeout (policies[0]) ends calls after 2 s. ' +
        'Shorten its slowCallDuration.',
      good: [timeout(2_000), breaker({ slowCallMs: 1_000 }), timeout(1_500)],
    },
  ],
  [
    'slow calls that a timeout inside ends first',
    {
      bad: [timeout(9_000), breaker({ slowCallMs: 3_000 }), timeout(2_000)],
      code: 'NEVER_SLOW',
      policies: [1, 2],
      message: 'Timeout (policies[2]) ends calls after 2 s',
      // What a breaker times are whole retries, and waits for a place.
      good: [breaker({ slowCallMs: 3_000 }), retry(), timeout(2_000)],
    },
  ],
  [
    'slow calls that the timeout of the breaker ends first',
    {
      bad: [breaker({ slowCallMs: 3_000, timeoutMs: 2_000 })],
      code: 'NEVER_SLOW',
      policies: [0],
      message: 'ends calls after 2 s',
      good: [breaker({ slowCallMs: 1_000, timeoutMs: 2_000 }), bulkhead(), timeout(500)],
    },
  ],
  [
    'the same policy twice',
    {
      bad: [shared, retry(), shared],
      code: 'POLICY_REPEATED',
      policies: [0, 2],
      message:
        'Timeout (policies[2]) is the same object as Timeout (policies[0]): it counts a call twice, or waits for itself. ' +
        'Make one for each place.',
      good: [new Timeout('6s'), retry(), shared],
    },
  ],
]

describe.each(defects)('%s', (_, { bad, code, policies, message, good }) => {
  it('is a defect', () => {
    const found = lint(bad).filter((warning) => warning.code === code)
    expect(found).toEqual([{ code, policies, message: expect.stringContaining(message) as string }])
  })

  it('is none the other way', () => {
    expect(lint(good)).toEqual([])
  })
})

describe('an order that is a choice', () => {
  it.each([
    ['that of the decorators', [breaker(), retry(), timeout(5_000), bulkhead()]],
    ['a breaker around a retry', [breaker(), retry(), timeout(5_000)]],
    ['a retry around a breaker', [retry(), breaker(), timeout(5_000)]],
    ['a fallback around all', [fallback, timeout(9_000), retry(), hedge(50), breaker(), timeout(5_000)]],
    ['policies that say nothing', [said('Mine'), said('Mine'), { execute: said('').execute }]],
    ['nothing', []],
  ])('is no defect: %s', (_, policies) => {
    expect(lint(policies)).toEqual([])
  })
})

it('understands what our policies say of themselves', () => {
  const article = [
    new CircuitBreaker(),
    new RetryPolicy(),
    new Timeout('5s'),
    new Bulkhead({ maxConcurrent: 5, maxQueue: 5, queueTimeout: '5s' }),
  ]
  expect(lint(article.slice(0, 3))).toEqual([])
  expect(lint([...article.slice(0, 3), new Bulkhead({ maxConcurrent: 5, maxQueue: 5 })])).toEqual([])
  expect(lint(article).map(({ code }) => code)).toEqual(['QUEUE_TIMEOUT_NEVER_FIRES'])
  const codes = lint([
    new Timeout('1s'),
    new RetryPolicy({ maxAttempts: 3, baseDelay: '1s', jitter: false }),
    new RetryPolicy({ maxAttempts: 1 }),
    new CircuitBreaker({ slowCallDuration: '3s', slowCallRateThreshold: 50, timeout: '2s' }),
    new Hedge({ delay: '1s' }),
    new FallbackPolicy(() => 5),
  ]).map(({ code }) => code)
  expect(codes).toEqual([
    'RETRIES_NEVER_MADE',
    'ATTEMPTS_MULTIPLY',
    'TIMEOUT_NEVER_FIRES',
    'NEVER_SLOW',
    'HEDGE_NEVER_MADE',
    'FAILURES_HIDDEN',
  ])
})

it('looks into pipelines, and counts their policies where they stand', () => {
  const inner = compose(retry(), timeout(2_000))
  expect(lint([timeout(1_000), inner])).toEqual([expect.objectContaining({ policies: [0, 2] })])
  expect(lint(inner)).toEqual([])
})

it('finds every defect', () => {
  const codes = lint([breaker({ slowCallMs: 5_000 }), timeout(1_000), retry(3, 1_000), retry(2), fallback, timeout(1_000)]).map(
    ({ code }) => code,
  )
  expect(codes.toSorted()).toEqual(['ATTEMPTS_MULTIPLY', 'FAILURES_HIDDEN', 'NEVER_SLOW', 'RETRIES_NEVER_MADE', 'TIMEOUT_NEVER_FIRES'])
})
