import { CancelSource } from '@hazeljs/core'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readWhole } from './read-whole.js'

const tooLarge = () => new Error('too large')

describe('readWhole', () => {
  it('gives all of a body that may be so large', async () => {
    const body = new PassThrough()
    const read = readWhole(body, 4, new CancelSource(), tooLarge)
    body.write('ab')
    body.end('cd')
    expect(String(await read)).toBe('abcd')
  })

  it('reads no further than one piece too much, and leaves no listener behind', async () => {
    const body = new PassThrough()
    const read = readWhole(body, 4, new CancelSource(), tooLarge)
    body.write('abcde')
    await expect(read).rejects.toThrow('too large')
    expect(body.isPaused()).toBe(true)
    expect([body.listenerCount('data'), body.listenerCount('error')]).toEqual([0, 0])
  })

  it('ends with what the body fails with, and with what calls it off, before or while it reads', async () => {
    const body = new PassThrough()
    const failed = readWhole(body, 4, new CancelSource(), tooLarge)
    body.destroy(new Error('broken'))
    await expect(failed).rejects.toThrow('broken')

    const source = new CancelSource()
    const called = readWhole(new PassThrough(), 4, source, tooLarge)
    source.abort('gone')
    await expect(called).rejects.toBe('gone')
    await expect(readWhole(new PassThrough(), 4, source, tooLarge)).rejects.toBe('gone')
  })
})
