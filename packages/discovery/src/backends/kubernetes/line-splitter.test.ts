import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LineSplitter } from './line-splitter.js'

it('gives the lines of a text, however it is cut', () => {
  const anyText = fc.array(fc.constantFrom('a', 'é', '{', '\n', ' '), { maxLength: 40 }).map((letters) => letters.join(''))
  fc.assert(
    fc.property(anyText, fc.array(fc.nat(40), { maxLength: 6 }), (text, cuts) => {
      const splitter = new LineSplitter()
      const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length]
      const lines = places.slice(1).flatMap((place, index) => splitter.push(text.slice(places[index], place)))
      const complete = text.split('\n').slice(0, -1)
      expect(lines).toEqual(complete.filter((line) => line.trim() !== ''))
    }),
  )
})
