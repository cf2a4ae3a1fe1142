import { describe, expect, it } from 'vitest'
import { CancelSource, eitherOf, neverCancelled } from './abort.js'

describe('eitherOf', () => {
  it('is called off by whichever is first, and tells once', () => {
    const one = new CancelSource()
    const other = new CancelSource()
    const either = eitherOf(one, other)
    const told: unknown[] = []
    const listener = (reason: unknown) => told.push(reason)
    either.onAbort(listener)
    either.onAbort(listener)
    const { signal } = either
    expect([either.aborted, either.reason, signal.aborted]).toEqual([false, undefined, false])
    other.abort('second')
    one.abort('too late')
    expect(told).toEqual(['second'])
    expect([either.aborted, signal.reason]).toEqual([true, 'second'])
  })

  it('leaves no listener behind', () => {
    const one = new CancelSource()
    const other = new CancelSource()
    const either = eitherOf(one, other)
    const told: unknown[] = []
    const listener = (reason: unknown) => told.push(reason)
    either.onAbort(listener)
    either.offAbort(listener)
    one.abort('gone')
    other.abort('gone')
    either.onAbort(listener)
    expect(told).toEqual([])
  })

  it('is the other where one can never be called off', () => {
    const source = new CancelSource()
    expect(eitherOf(neverCancelled, source)).toBe(source)
    expect(eitherOf(source, neverCancelled)).toBe(source)
  })
})
