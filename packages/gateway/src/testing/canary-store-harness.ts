import assert from 'node:assert/strict'
import type { CanaryStore, StoredRollout } from '../canary/sharing/canary-store.js'
import { type CanaryArmTally, emptyArm, type RolloutState, type CanaryTally } from '../canary/rollout/rollout.js'
import type { TestRunner } from './test-runner.js'

/** A store under test, without rollouts, with a way to let time pass for it. */
export interface CanaryStoreHarness {
  readonly store: CanaryStore
  /** Another one on the same data, as another process has it; the same one where there can be no other. */
  readonly other: CanaryStore
  /** Moves the store's clock on, or waits. */
  advance(ms: number): Promise<void>
  /** Called after each test, when both stores are closed. */
  close?(): Promise<void>
}

export type CanaryStoreTest = (name: string, body: (harness: CanaryStoreHarness) => Promise<void>) => void

/** Each test gets stores of its own, which are closed afterwards, whatever came of it. */
export function canaryStoreTest({ it }: TestRunner, open: () => CanaryStoreHarness | Promise<CanaryStoreHarness>): CanaryStoreTest {
  return (name, body) =>
    void it(name, async () => {
      const harness = await open()
      try {
        await body(harness)
      } finally {
        await Promise.all([harness.store.close(), harness.other.close()])
        await harness.close?.()
      }
    })
}

/** How long a change may take to reach a watch. */
const watchPatienceMs = 5_000
const stepMs = 20

/** Lets time pass until it holds, and fails when that takes too long. */
export async function untilItHolds({ advance }: CanaryStoreHarness, holds: () => boolean, seen: () => string): Promise<void> {
  for (let waitedMs = 0; waitedMs <= watchPatienceMs; waitedMs += stepMs) {
    if (holds()) return
    await advance(stepMs)
  }
  assert.fail(`It did not come about within ${watchPatienceMs} ms: ${seen()}`)
}

/** A rollout with everything in it that one can have. */
export function sampleRollout(changes: Partial<RolloutState> = {}): RolloutState {
  return Object.freeze({
    state: 'ACTIVE',
    epoch: 2,
    weight: 25.5,
    slowMs: 12.75,
    epochSince: 1_767_225_600_000,
    changedAt: 1_767_225_600_000.5,
    reason: 'promoted: "no worse" than stable, \u2028 99 % sure \u{1F600}',
    past: [{ weight: 10, ...sampleTally(4) }],
    ...changes,
  })
}

/** @param requests of each arm; the other numbers follow from it */
export function sampleTally(requests: number, errors = 0): CanaryTally {
  const arm: CanaryArmTally = { ...emptyArm, requests, errors, distinctErrors: errors }
  return { stable: { ...arm, slow: 1, distinctSlow: 1 }, canary: arm }
}

/** What a store gave, as plain data: a store may add nothing, and may freeze or not. */
export function plain(given: StoredRollout | RolloutState | undefined): unknown {
  return given === undefined ? undefined : JSON.parse(JSON.stringify(given))
}
