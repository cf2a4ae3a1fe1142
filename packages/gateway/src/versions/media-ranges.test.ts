import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mediaRanges } from './media-ranges.js'

const simple = (value: string) => mediaRanges(value).map(({ type, parameters, quality }) => [type, Object.fromEntries(parameters), quality])

describe('mediaRanges', () => {
  it.each([
    ['application/json', [['application/json', {}, 1]]],
    ['Application/JSON; Version=2', [['application/json', { version: '2' }, 1]]],
    [
      'text/html, application/json;version=2;q=0.8 , */*;q=0.1',
      [
        ['text/html', {}, 1],
        ['application/json', { version: '2' }, 0.8],
        ['*/*', {}, 0.1],
      ],
    ],
    ['a/b;version="2;3, c/d";q=0', [['a/b', { version: '2;3, c/d' }, 0]]],
    [
      String.raw`a/b;version="a\"b\\,"; x=1, c/d`,
      [
        ['a/b', { version: String.raw`a"b\,`, x: '1' }, 1],
        ['c/d', {}, 1],
      ],
    ],
    ['a/b;version=1;version=2;flag', [['a/b', { version: '1' }, 1]]],
    [
      'a/b;q=1.000,c/d;Q=0.25,e/f;q=1.',
      [
        ['a/b', {}, 1],
        ['c/d', {}, 0.25],
        ['e/f', {}, 1],
      ],
    ],
    ['a/b;q=2, c/d;q=-1, e/f;q=x, g/h;q=', []],
    ['a, /b, c/, a/b/c, , ,', []],
    ['a/b;version="2, c/d', [['a/b', { version: '"2, c/d' }, 1]]],
    ['', []],
  ])('reads %s', (value, ranges) => {
    expect(simple(value)).toEqual(ranges)
  })

  it('takes any text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '/', ';', ',', '"', '\\', '=', 'q', '1', '.', ' ') })
    fc.assert(
      fc.property(text, (value) => {
        for (const { quality } of mediaRanges(value)) expect(quality >= 0 && quality <= 1).toBe(true)
      }),
    )
  })
})
