import { describe, expect, it } from 'vitest'
import { readChange } from './change-message.js'

describe('readChange', () => {
  it('reads ids of any characters, as cjson writes them', () => {
    for (const id of ['a', 'a b', 'ä:ö/1', 'line\u2028end', 'para\u2029end', '"]\\n', '\u0085']) {
      const message = `17 4 -1 deregistered\n${JSON.stringify([id])}\n`
      expect(readChange(message)).toEqual({ epoch: '17', sequence: 4, untilExpiryMs: -1, kind: 'deregistered', ids: [id], text: '' })
    }
  })

  it('reads an instance whose JSON has lines', () => {
    expect(readChange('17 5 90000 put\n["a"]\n{\n"id": "a"\n}')).toMatchObject({ kind: 'put', ids: ['a'], text: '{\n"id": "a"\n}' })
  })

  it('says what is no change', () => {
    expect(() => readChange('hello')).toThrow("expected a change, got 'hello'")
    expect(() => readChange('17 5 90000 put\n[a]\n')).toThrow(SyntaxError)
  })
})
