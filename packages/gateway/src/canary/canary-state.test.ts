import { describe, expect, it } from 'vitest'
import { CanaryState, CanaryStateError, nextCanaryState, type CanaryMove } from './canary-state.js'

const moves: readonly CanaryMove[] = ['pause', 'resume', 'step', 'complete', 'rollback']

describe('nextCanaryState', () => {
  it.each([
    ['ACTIVE', 'pause', 'PAUSED'],
    ['PAUSED', 'resume', 'ACTIVE'],
    ['ACTIVE', 'step', 'ACTIVE'],
    ['PAUSED', 'step', 'PAUSED'],
    ['ACTIVE', 'complete', 'PROMOTED'],
    ['PAUSED', 'complete', 'PROMOTED'],
    ['ACTIVE', 'rollback', 'ROLLED_BACK'],
    ['PAUSED', 'rollback', 'ROLLED_BACK'],
    ['PROMOTED', 'rollback', 'ROLLED_BACK'],
  ] as const)('%s, %s: %s', (state, move, next) => {
    expect(nextCanaryState(state, move)).toBe(next)
  })

  it('leaves a promoted canary promoted but for a rollback', () => {
    for (const move of moves) if (move !== 'rollback') expect(nextCanaryState('PROMOTED', move)).toBe('PROMOTED')
  })

  it('never revives a canary that was rolled back', () => {
    for (const move of ['resume', 'step', 'complete'] as const) {
      expect(() => nextCanaryState('ROLLED_BACK', move)).toThrow(CanaryStateError)
    }
    for (const move of ['pause', 'rollback'] as const) expect(nextCanaryState('ROLLED_BACK', move)).toBe('ROLLED_BACK')
  })

  it('knows every move in every state', () => {
    for (const state of Object.values(CanaryState)) {
      for (const move of moves) {
        if (state !== 'ROLLED_BACK') expect(Object.values(CanaryState)).toContain(nextCanaryState(state, move))
      }
    }
  })
})
