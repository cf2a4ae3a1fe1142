import { describe, expect, it } from 'vitest'
import { AnswerCollector, collectedBytes } from './answer-collector.js'

describe('AnswerCollector', () => {
  it('keeps head and chunks until the end', async () => {
    const collector = new AnswerCollector()
    collector.writeHead(201, ['X-A', '1'])
    expect(collector.headersSent).toBe(true)
    expect(collector.write(Buffer.from('a'))).toBe(true)
    collector.end('\xff', 'latin1')
    expect(await collector.answer).toEqual({ status: 201, rawHeaders: ['X-A', '1'], body: Buffer.from([0x61, 0xff]) })
  })

  it('keeps copies, since chunks may be written over', async () => {
    const collector = new AnswerCollector()
    collector.writeHead(200, [])
    const chunk = Buffer.from('abc')
    collector.write(chunk)
    chunk.fill('x')
    collector.end()
    expect((await collector.answer).body.toString()).toBe('abc')
  })

  it('rejects when the answer breaks off, and says once that it closed', async () => {
    const collector = new AnswerCollector()
    let closed = 0
    collector.on('close', () => closed++)
    collector.destroy()
    collector.destroy()
    await expect(collector.answer).rejects.toMatchObject({ code: 'UPSTREAM_RESET' })
    expect(closed).toBe(1)
  })

  it('rejects an answer that is too large', async () => {
    const collector = new AnswerCollector()
    const mebibyte = Buffer.alloc(1_048_576)
    for (let kept = 0; kept < collectedBytes; kept += mebibyte.length) collector.write(mebibyte)
    expect(collector.destroyed).toBe(false)
    collector.write(Buffer.alloc(1))
    await expect(collector.answer).rejects.toThrow(/larger than/)
  })
})
