import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonLines, maxMessageBytes } from './json-lines.js'

/** What a gateway sends for these messages. */
const bytesOf = (messages: readonly unknown[]) => Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(''))

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

describe('JsonLines', () => {
  it('gives the same messages however their bytes are split', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 30 }), (messages, cuts) => {
        const lines = new JsonLines()
        const bytes = bytesOf(messages)
        expect(split(bytes, cuts).flatMap((chunk) => lines.push(chunk))).toEqual(new JsonLines().push(bytes))
      }),
    )
  })

  it('gives back what was sent, byte by byte, in characters of any length', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }) }), { maxLength: 5 }), (messages) => {
        const lines = new JsonLines()
        expect([...bytesOf(messages)].flatMap((byte) => lines.push(Uint8Array.of(byte)))).toEqual(messages)
      }),
    )
  })

  it('gives a message only when it is whole, and passes empty lines over', () => {
    const lines = new JsonLines()
    expect(lines.push(Buffer.from('\n\r\n{"a":'))).toEqual([])
    expect(lines.push(Buffer.from('1}'))).toEqual([])
    expect(lines.push(Buffer.from('\n{"b":2}\n'))).toEqual([{ a: 1 }, { b: 2 }])
  })

  it('throws at what is no JSON, and at what never ends', () => {
    expect(() => new JsonLines().push(Buffer.from('<html>\n'))).toThrow(SyntaxError)
    const lines = new JsonLines()
    lines.push(new Uint8Array(maxMessageBytes))
    expect(() => lines.push(Uint8Array.of(0))).toThrow(RangeError)
  })
})
