import assert from 'node:assert/strict'
import type { FakeClock } from '@hazeljs/core/testing'

const patienceMs = 5 * 60_000
/** The clock stops at most this much after the moment that settled a promise. */
export const stepMs = 100

/** Moves the clock on until the promise settles. */
export async function settled<T>(clock: FakeClock, promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  let outcome: PromiseSettledResult<T> | undefined
  void Promise.allSettled([promise]).then(([only]) => (outcome = only))
  const untilMs = clock.now() + patienceMs
  await clock.advance(0)
  while (outcome === undefined && clock.now() < untilMs) await clock.advance(stepMs)
  return outcome ?? assert.fail(`Nothing came within ${patienceMs} ms`)
}

/** An execution that may fail before anybody looks at it. */
export function started<T>(execution: Promise<T>): Promise<T> {
  execution.catch(() => undefined)
  return execution
}

/** What it resolves with; fails where it rejects. */
export async function resolved<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  const outcome = await settled(clock, promise)
  if (outcome.status === 'fulfilled') return outcome.value
  const reason: unknown = outcome.reason
  throw reason
}

export function assertRejected(outcome: PromiseSettledResult<unknown>, reason: unknown): void {
  assert.equal(outcome.status, 'rejected')
  assert.equal(outcome.reason, reason)
}

/** The `code` of an error that has one. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
