import { type Clock, durationText, type Random } from '@hazeljs/core'
import { CircuitBreaker, compose, Hedge, type Pipeline, type Policy, RetryBudget, RetryPolicy, Timeout } from '@hazeljs/resilience'
import type { AnswerHead } from './answer-reader.js'
import { isWorthRetrying, outcomeOfError, outcomeOfStatus } from './attempt-failure.js'
import type { ResolvedServiceClientOptions } from './options.js'

/** What stands around each call of a client, outermost first: total time, then `attempts`: retries, hedge, circuit, time of an attempt. */
export interface CallPolicies {
  readonly total: Timeout
  readonly attempts: Pipeline
  readonly budget: RetryBudget
  readonly hedge: Hedge | undefined
  readonly circuitBreaker: CircuitBreaker | undefined
}

export function callPolicies(options: ResolvedServiceClientOptions, clock: Clock, random: Random): CallPolicies {
  const { serviceName, timeoutMs, attemptTimeoutMs } = options
  const budget = options.budget ?? new RetryBudget({}, clock)
  const retry =
    options.retry.maxAttempts === 0
      ? undefined
      : new RetryPolicy({ ...options.retry, budget, retryPredicate: isWorthRetrying }, clock, random)
  const hedge = options.hedge && new Hedge({ ...options.hedge, budget: options.hedge.budget ?? budget }, clock)
  const circuitBreaker =
    options.circuitBreaker &&
    new CircuitBreaker(
      {
        failurePredicate: outcomeOfError,
        resultPredicate: ({ status }: AnswerHead) => outcomeOfStatus(status),
        ...options.circuitBreaker,
        name: options.circuitBreaker.name ?? serviceName,
      },
      clock,
      random,
    )
  const attemptTimeout = attemptTimeoutMs === undefined ? undefined : timeLimit('An attempt', serviceName, attemptTimeoutMs, clock)
  const parts: readonly (Policy | undefined)[] = [retry, hedge, circuitBreaker, attemptTimeout]
  const attempts = compose(...parts.filter((part) => part !== undefined))
  return { total: timeLimit('The call', serviceName, timeoutMs, clock), attempts, budget, hedge, circuitBreaker }
}

/** A timeout that names the service. */
export function timeLimit(what: string, serviceName: string, ms: number, clock: Clock): Timeout {
  return new Timeout({ duration: ms, message: `${what} to ${serviceName} took longer than ${durationText(ms)}` }, clock)
}
