import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalPath } from './target.js'

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('/', '/', '.', '..', 'a', 'B', '9', '-', '_', '~', ';', ':', '*', '+', ',', '@') },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, '0')}`) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`) },
  { weight: 1, arbitrary: fc.constantFrom('%25', '%2e', '%2E', '%', '\\', '//', '/./', '/../') },
)
const anyPath = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`)

const canonicalOnly = (check: (canonical: string, raw: string) => void) =>
  fc.assert(
    fc.property(anyPath, (raw) => {
      const canonical = canonicalPath(raw)
      if (typeof canonical === 'string') check(canonical, raw)
    }),
    { numRuns: 3_000 },
  )

describe('a canonical path', () => {
  it('is its own canonical form', () => {
    canonicalOnly((canonical) => expect(canonicalPath(canonical)).toBe(canonical))
  })

  it('holds no empty, dot or climbing segment, and begins at the root', () => {
    canonicalOnly((canonical) => {
      expect(canonical.startsWith('/')).toBe(true)
      const segments = canonical.split('/').slice(1)
      expect(segments.slice(0, -1)).not.toContain('')
      expect(segments).not.toContain('.')
      expect(segments).not.toContain('..')
    })
  })

  it('holds escapes in upper case only, and none of an unreserved character, a slash, a backslash or NUL', () => {
    canonicalOnly((canonical) => {
      for (const [escape] of canonical.matchAll(/%(?:..)?/g)) {
        expect(escape).toMatch(/^%[0-9A-F]{2}$/)
        expect(String.fromCharCode(Number.parseInt(escape.slice(1), 16))).toMatch(/[^A-Za-z0-9\-._~/\\\0]/)
      }
    })
  })

  it('ends in a slash where a resolved URL does', () => {
    canonicalOnly((canonical, raw) => expect(canonical.endsWith('/')).toBe(/\/(?:\.\.?)?$/.test(raw)))
  })

  it('agrees with the WHATWG URL on dot segments', () => {
    const plain = fc.array(fc.constantFrom('a', 'bc', '.', '..', 'd.e'), { maxLength: 8 }).map((segments) => `/${segments.join('/')}`)
    fc.assert(
      fc.property(plain, (raw) => {
        expect(canonicalPath(raw)).toBe(new URL(`http://host${raw}`).pathname)
      }),
    )
  })

  it('is the same whichever unreserved characters were encoded', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'z', 'A', 'Z', '0', '9', '-', '_', '~'), minLength: 1, maxLength: 6 })
    const words = fc.array(fc.tuple(word, fc.infiniteStream(fc.boolean())), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(words, (segments) => {
        const plain = `/${segments.map(([text]) => text).join('/')}`
        const encoded = `/${segments.map(([text, coins]) => Array.from(text, (c) => (coins.next().value === true ? escapeOf(c) : c)).join('')).join('/')}`
        expect(canonicalPath(encoded)).toBe(plain)
      }),
    )
  })
})

function escapeOf(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`
}
