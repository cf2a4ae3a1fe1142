import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { Emitter } from './emitter.js'

interface Events {
  opened: { route: string }
  closed: number
}

function watched() {
  const problems: string[] = []
  return { problems, emitter: new Emitter<Events>((error, event) => problems.push(`${event}: ${error.message}`)) }
}

describe('Emitter', () => {
  it('tells the listeners of an event, in the order they came, and nobody else', () => {
    const { emitter } = watched()
    const told: unknown[] = []
    emitter
      .on('opened', ({ route }) => told.push(`first ${route}`))
      .on('opened', ({ route }) => told.push(`second ${route}`))
      .on('closed', (count) => told.push(count))
    emitter.emit('opened', { route: '/a' })
    expect(told).toEqual(['first /a', 'second /a'])
  })

  it('says whether anybody listens', () => {
    const { emitter } = watched()
    const listener = vi.fn()
    expect(emitter.has('opened')).toBe(false)
    emitter.on('opened', listener).on('opened', listener)
    emitter.off('opened', listener)
    expect(emitter.has('opened')).toBe(true)
    emitter.off('opened', listener).off('opened', listener)
    expect(emitter.has('opened')).toBe(false)
    emitter.once('opened', listener).on('closed', listener).removeAllListeners()
    expect([emitter.has('opened'), emitter.has('closed')]).toEqual([false, false])
    emitter.emit('opened', { route: '/a' })
    expect(listener).not.toHaveBeenCalled()
  })
})

describe('once', () => {
  it('listens to one event', () => {
    const { emitter } = watched()
    const listener = vi.fn()
    emitter.once('closed', listener)
    emitter.emit('closed', 1)
    emitter.emit('closed', 2)
    expect(listener).toHaveBeenCalledExactlyOnceWith(1)
    expect(emitter.has('closed')).toBe(false)
  })

  it('can be taken off like any other', () => {
    const { emitter } = watched()
    const listener = vi.fn()
    emitter.once('closed', listener).off('closed', listener)
    emitter.emit('closed', 1)
    expect(listener).not.toHaveBeenCalled()
  })

  it('is used up by the event that a listener emits', () => {
    const { emitter } = watched()
    const heard: number[] = []
    emitter.once('closed', () => emitter.emit('closed', 2))
    emitter.once('closed', (count) => heard.push(count))
    emitter.emit('closed', 1)
    expect(heard).toEqual([2])
  })
})

describe('a change while an event is emitted', () => {
  it('counts from the next event on', () => {
    const { emitter } = watched()
    const heard: string[] = []
    const last = () => heard.push('last')
    const added = () => heard.push('added')
    emitter.once('closed', () => emitter.off('closed', last).on('closed', added))
    emitter.on('closed', last)
    emitter.emit('closed', 1)
    expect(heard).toEqual(['last'])
    emitter.emit('closed', 2)
    expect(heard).toEqual(['last', 'added'])
  })
})

describe('a listener that fails', () => {
  it('hurts neither the others nor the caller, and is reported', async () => {
    const { emitter, problems } = watched()
    const last = vi.fn()
    const odd: unknown = 'no error at all'
    const sandboxed = runInNewContext('async () => { throw new Error("sandboxed") }') as () => Promise<void>
    emitter.on('closed', () => {
      throw new Error('thrown')
    })
    emitter.on('closed', async () => {
      throw new Error('rejected')
    })
    emitter.on('closed', sandboxed)
    emitter.on('closed', () => Promise.reject(odd))
    emitter.on('closed', last)
    emitter.emit('closed', 7)
    expect(last).toHaveBeenCalledExactlyOnceWith(7)
    await new Promise((resolve) => setImmediate(resolve))
    expect(problems.toSorted()).toEqual([
      'closed: a thrown value that is no Error: no error at all',
      'closed: rejected',
      'closed: sandboxed',
      'closed: thrown',
    ])
  })

  it('is only a warning of the process where nobody handles it', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
    try {
      const emitter = new Emitter<Events>()
      emitter.on('closed', () => {
        throw new Error('thrown')
      })
      emitter.emit('closed', 1)
      const detail = expect.stringContaining('emitter.test.ts') as string
      expect(warn).toHaveBeenCalledExactlyOnceWith('A listener of "closed" threw: thrown', { type: 'HazelListenerWarning', detail })
    } finally {
      warn.mockRestore()
    }
  })

  it('hurts nobody even when its report fails', () => {
    const last = vi.fn()
    const emitter = new Emitter<Events>(() => {
      throw new Error('reported badly')
    })
    emitter.on('closed', () => {
      throw new Error('thrown')
    })
    emitter.on('closed', last)
    emitter.emit('closed', 1)
    expect(last).toHaveBeenCalledOnce()
  })
})
