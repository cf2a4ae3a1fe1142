import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSplitter, maxLineBytes } from './line-splitter.js'

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

describe('LineSplitter', () => {
  it('gives the lines of a text, however its bytes are cut, through the middle of characters too', () => {
    const anyText = fc.array(fc.constantFrom('a', 'é', '語', '😀', '{', '\n', ' '), { maxLength: 40 }).map((letters) => letters.join(''))
    fc.assert(
      fc.property(anyText, fc.array(fc.nat(), { maxLength: 30 }), (text, cuts) => {
        const splitter = new LineSplitter()
        const lines = split(Buffer.from(text), cuts).flatMap((chunk) => splitter.push(chunk))
        const complete = text.split('\n').slice(0, -1)
        expect(lines).toEqual(complete.filter((line) => line.trim() !== ''))
      }),
    )
  })

  it('gives back JSON, byte by byte, in characters of any length', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }) }), { maxLength: 5 }), (messages) => {
        const splitter = new LineSplitter()
        const bytes = Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(''))
        expect([...bytes].flatMap((byte) => splitter.push(Uint8Array.of(byte))).map((line) => JSON.parse(line) as unknown)).toEqual(
          messages,
        )
      }),
    )
  })

  it('throws at what never ends', () => {
    const splitter = new LineSplitter()
    splitter.push(new Uint8Array(maxLineBytes))
    expect(() => splitter.push(Uint8Array.of(0))).toThrow(RangeError)
  })
})
