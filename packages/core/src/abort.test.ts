import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { type Cancellation, CancelSource, fromSignal, neverCancelled } from './abort.js'

function fail(): never {
  throw new Error('a listener that throws')
}

describe('CancelSource', () => {
  it('knows whether and why it was called off, and keeps the first reason', () => {
    const source = new CancelSource()
    expect([source.aborted, source.reason]).toEqual([false, undefined])
    source.abort('first')
    source.abort('second')
    expect([source.aborted, source.reason]).toEqual([true, 'first'])
  })

  it('tells each listener once, in order', () => {
    const told: unknown[] = []
    const source = new CancelSource()
    const listener = (reason: unknown) => told.push(['one', reason])
    source.onAbort(listener)
    source.onAbort((reason) => told.push(['two', reason]))
    source.onAbort(listener)
    source.abort('gone')
    source.abort('again')
    expect(told).toEqual([
      ['one', 'gone'],
      ['two', 'gone'],
    ])
  })

  it('tells the others although one listener throws and one rejects', async () => {
    const last = vi.fn()
    const source = new CancelSource()
    source.onAbort(fail)
    source.onAbort(() => Promise.reject(new Error('later')))
    source.onAbort(last)
    source.abort('gone')
    await Promise.resolve()
    expect(last).toHaveBeenCalledExactlyOnceWith('gone')
  })

  it('does not call a listener that was taken off, even while it tells the others', () => {
    const [before, during] = [vi.fn(), vi.fn()]
    const source = new CancelSource()
    source.onAbort(before)
    source.onAbort(() => source.offAbort(during))
    source.onAbort(during)
    source.offAbort(before)
    source.abort('gone')
    expect(before).not.toHaveBeenCalled()
    expect(during).not.toHaveBeenCalled()
  })

  it('does not call a listener that comes after the abort', () => {
    const late = vi.fn()
    const source = new CancelSource()
    source.abort('gone')
    source.onAbort(late)
    source.abort('again')
    expect(late).not.toHaveBeenCalled()
  })

  it('aborts its signal with the reason, whether it was read before or after', () => {
    const source = new CancelSource()
    const before = source.signal
    source.abort('gone')
    expect([before.aborted, before.reason]).toEqual([true, 'gone'])
    expect(source.signal).toBe(before)

    const asked = new CancelSource()
    asked.abort('gone')
    expect([asked.signal.aborted, asked.signal.reason]).toEqual([true, 'gone'])
  })

  it('makes no signal unless somebody asks', () => {
    let made = 0
    class CountedController extends AbortController {
      constructor() {
        super()
        made++
      }
    }
    vi.stubGlobal('AbortController', CountedController)
    try {
      const parent = new CancelSource()
      const child = new CancelSource(parent)
      child.onAbort(() => undefined)
      parent.abort('gone')
      child.dispose()
      expect([child.aborted, made]).toEqual([true, 0])
      expect([child.signal.aborted, made]).toEqual([true, 1])
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

describe('a chain', () => {
  it('is called off from any link above, with that reason', () => {
    const root = new CancelSource()
    const middle = new CancelSource(root)
    const leaf = new CancelSource(middle)
    const listener = vi.fn()
    const signal = leaf.signal
    leaf.onAbort(listener)
    root.abort('shutdown')
    expect([leaf.aborted, leaf.reason, signal.reason]).toEqual([true, 'shutdown', 'shutdown'])
    expect(listener).toHaveBeenCalledExactlyOnceWith('shutdown')
  })

  it('never calls off what stands above or beside', () => {
    const root = new CancelSource()
    const [left, right] = [new CancelSource(root), new CancelSource(root)]
    left.abort('timeout')
    expect([root.aborted, right.aborted]).toEqual([false, false])
  })

  it('keeps its own reason when the parent is called off later', () => {
    const root = new CancelSource()
    const leaf = new CancelSource(root)
    const listener = vi.fn()
    leaf.onAbort(listener)
    leaf.abort('timeout')
    root.abort('shutdown')
    expect(leaf.reason).toBe('timeout')
    expect(leaf.signal.reason).toBe('timeout')
    expect(listener).toHaveBeenCalledExactlyOnceWith('timeout')
  })

  it('starts called off under a parent that is', () => {
    const root = new CancelSource()
    root.abort('shutdown')
    const leaf = new CancelSource(root)
    leaf.abort('timeout')
    expect([leaf.aborted, leaf.reason, leaf.signal.reason]).toEqual([true, 'shutdown', 'shutdown'])
  })

  it('holds on to nothing once disposed', () => {
    const caller = new AbortController()
    const leaf = new CancelSource(new CancelSource(fromSignal(caller.signal)))
    const middle = new CancelSource(fromSignal(caller.signal))
    const [before, after] = [vi.fn(), vi.fn()]
    middle.onAbort(before)
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1)
    middle.dispose()
    leaf.dispose()
    middle.onAbort(after)
    leaf.onAbort(after)
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0)
    caller.abort('gone')
    expect(before).not.toHaveBeenCalled()
    expect(after).not.toHaveBeenCalled()
  })

  it('leaves the signal of settled work as it is', () => {
    const root = new CancelSource()
    const leaf = new CancelSource(root)
    const { signal } = leaf
    leaf.dispose()
    root.abort('shutdown')
    expect(signal.aborted).toBe(false)
  })
})

describe('fromSignal', () => {
  it('is the signal', () => {
    const caller = new AbortController()
    const cancellation = fromSignal(caller.signal)
    expect(cancellation.signal).toBe(caller.signal)
    expect([cancellation.aborted, cancellation.reason]).toEqual([false, undefined])
    caller.abort('gone')
    expect([cancellation.aborted, cancellation.reason]).toEqual([true, 'gone'])
  })

  it('listens once for each listener and takes it off again', () => {
    const caller = new AbortController()
    const cancellation = fromSignal(caller.signal)
    const [kept, dropped] = [vi.fn(), vi.fn()]
    cancellation.onAbort(kept)
    cancellation.onAbort(kept)
    cancellation.onAbort(dropped)
    cancellation.onAbort(dropped)
    cancellation.offAbort(dropped)
    cancellation.offAbort(fail)
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1)
    caller.abort('gone')
    expect(kept).toHaveBeenCalledExactlyOnceWith('gone')
    expect(dropped).not.toHaveBeenCalled()
  })

  it('keeps what a listener throws from the process', async () => {
    const uncaught = vi.fn()
    process.once('uncaughtException', uncaught)
    try {
      const caller = new AbortController()
      fromSignal(caller.signal).onAbort(fail)
      caller.abort('gone')
      await new Promise((resolve) => setImmediate(resolve))
      expect(uncaught).not.toHaveBeenCalled()
    } finally {
      process.off('uncaughtException', uncaught)
    }
  })
})

it('neverCancelled never is', () => {
  const never: Cancellation = neverCancelled
  never.onAbort(fail)
  never.offAbort(fail)
  expect([never.aborted, never.reason, never.signal.aborted]).toEqual([false, undefined, false])
})
