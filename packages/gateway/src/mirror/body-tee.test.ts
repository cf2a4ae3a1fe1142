import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { BodyTee } from './body-tee.js'
import { ByteBudget } from './byte-budget.js'
import { KeptBytes } from './kept-bytes.js'

function teed(maxBytes = 100, budget = new ByteBudget(100)) {
  const body = new Readable({ read: () => undefined })
  const kept = new KeptBytes(budget, maxBytes)
  const outcomes: string[] = []
  const tee = new BodyTee(body, kept, (outcome) => outcomes.push(outcome))
  const push = async (chunk: string | null) => {
    body.push(chunk === null ? null : Buffer.from(chunk))
    await new Promise(setImmediate)
  }
  return { body, budget, kept, outcomes, tee, push }
}

describe('BodyTee', () => {
  it('keeps what a reader reads, and does not start before it', async () => {
    const { body, kept, outcomes, push } = teed()
    await push('ab')
    expect(body.readableFlowing).toBeNull()
    const read: string[] = []
    body.on('data', (chunk: Buffer) => read.push(chunk.toString()))
    await push('cd')
    await push(null)
    expect([read.join(''), kept.whole?.toString(), outcomes]).toEqual(['abcd', 'abcd', ['whole']])
  })

  it('leaves pauses and resumption to the reader', async () => {
    const { body, kept, outcomes, push } = teed()
    body.on('data', () => body.pause())
    await push('ab')
    await push('cd')
    expect([body.isPaused(), kept.whole?.toString()]).toEqual([true, 'ab'])
    body.resume()
    await push(null)
    body.resume()
    await push(null)
    expect([kept.whole?.toString(), outcomes]).toEqual(['abcd', ['whole']])
  })

  it('lets everything go when it is too much, and looks no further', async () => {
    const { body, budget, kept, outcomes, push } = teed(3)
    body.resume()
    await push('ab')
    expect(budget.kept).toBe(2)
    await push('cd')
    expect([budget.kept, kept.whole, outcomes, body.listenerCount('data')]).toEqual([0, undefined, ['too-large'], 0])
    await push(null)
    expect(outcomes).toEqual(['too-large'])
  })

  it('does not take a body for whole of which somebody took it off', async () => {
    const { body, outcomes, push } = teed()
    body.resume()
    await push('ab')
    body.removeAllListeners('data')
    await push('cd')
    await push(null)
    expect(outcomes).toEqual(['broken'])
  })

  it('says nothing more once it was stopped', async () => {
    const { body, outcomes, tee, push } = teed()
    body.resume()
    await push('ab')
    tee.stop()
    await push(null)
    expect(outcomes).toEqual([])
    expect(['data', 'end', 'resume'].map((event) => body.listenerCount(event))).toEqual([0, 0, 0])
  })
})

describe('KeptBytes', () => {
  it('share one budget, and give back what they took, once', () => {
    const budget = new ByteBudget(5)
    const [one, other] = [new KeptBytes(budget, 10), new KeptBytes(budget, 10)]
    expect(one.add(Buffer.from('abc'))).toBe(true)
    expect(other.add(Buffer.from('abc'))).toBe(false)
    expect([budget.kept, other.whole, other.add(Buffer.from('a'))]).toEqual([3, undefined, false])
    one.release()
    one.release()
    expect([budget.kept, one.whole]).toEqual([0, undefined])
  })

  it('keep copies: chunks are only lent', () => {
    const kept = new KeptBytes(new ByteBudget(10), 10)
    const lent = Buffer.from('ab')
    kept.add(lent)
    lent.fill('x')
    kept.add(Buffer.from('cd'))
    expect(kept.whole?.toString()).toBe('abcd')
  })
})
