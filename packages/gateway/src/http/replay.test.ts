import { CancelSource } from '@hazeljs/core'
import { CallContext, rootContext } from '@hazeljs/resilience'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { keepForReplay, replayBytes } from './replay.js'

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const chunk = (size: number, fill = 'x') => Buffer.alloc(size, fill)

describe('keepForReplay', () => {
  it('leaves a Buffer as it is', async () => {
    const body = chunk(1_000_000)
    expect(await keepForReplay(body, rootContext())).toBe(body)
  })

  it.each([
    { what: 'nothing', chunks: [] },
    { what: 'one chunk', chunks: [chunk(10)] },
    { what: 'exactly as much as is kept', chunks: [chunk(40_000, 'a'), chunk(replayBytes - 40_000, 'b')] },
  ])('keeps $what', async ({ chunks }) => {
    const kept = await keepForReplay(Readable.from(chunks), rootContext())
    expect(Buffer.isBuffer(kept)).toBe(true)
    expect((kept as Buffer).equals(Buffer.concat(chunks))).toBe(true)
  })

  it.each([
    { what: 'one byte more than is kept', chunks: [chunk(replayBytes), chunk(1, 'y')] },
    { what: 'one chunk that is too large', chunks: [chunk(replayBytes + 1)] },
    { what: 'much more', chunks: Array.from({ length: 50 }, (_, index) => chunk(30_000, String(index % 10))) },
  ])('streams $what, in order and whole', async ({ chunks }) => {
    const streamed = await keepForReplay(Readable.from(chunks), rootContext())
    expect(Buffer.isBuffer(streamed)).toBe(false)
    expect((await bytesOf(streamed as Readable)).equals(Buffer.concat(chunks))).toBe(true)
  })

  it('does not read ahead of whoever takes the stream', async () => {
    let produced = 0
    const body = new Readable({
      read() {
        produced += 16_384
        this.push(chunk(16_384))
      },
    })
    await keepForReplay(body, rootContext())
    await new Promise((resolve) => setImmediate(resolve))
    expect(produced).toBeLessThan(replayBytes * 3)
    body.destroy()
  })

  it('stops when the call is called off, with the reason, and leaves no listener', async () => {
    const body = new PassThrough()
    const source = new CancelSource()
    const kept = keepForReplay(body, new CallContext(source))
    body.write('half')
    source.abort('gone')
    await expect(kept).rejects.toBe('gone')
    expect([body.listenerCount('data'), body.listenerCount('error')]).toEqual([0, 0])
  })

  it('fails with the body', async () => {
    const body = new PassThrough()
    const kept = keepForReplay(body, rootContext())
    body.destroy(new Error('broken'))
    await expect(kept).rejects.toThrow('broken')
  })
})
