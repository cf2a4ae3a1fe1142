import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalPath, encodedSlashesRead } from '../http/target.js'
import { RouteTable } from './route-table.js'

const table = new RouteTable([
  { path: '/admin/**', value: 'guarded' },
  { path: '/**', value: 'open' },
])

/** What a service makes of a path that decodes everything, takes `\` for `/`, merges slashes and then resolves dots. */
function asServicesRead(path: string): string {
  const decoded = path.replace(/%([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
  const kept: string[] = []
  for (const segment of decoded.replaceAll('\\', '/').split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}`
}

const letter = fc.constantFrom('a', 'd', 'm', 'i', 'n').chain((one) => {
  const digits = one.charCodeAt(0).toString(16)
  return fc.constantFrom(one, one, `%${digits}`, `%${digits.toUpperCase()}`)
})
const piece = fc.oneof(
  fc
    .tuple(...Array.from('admin', (one) => fc.constantFrom(one, one, one, `%${one.charCodeAt(0).toString(16)}`)))
    .map((parts) => parts.join('')),
  fc.constantFrom('/', '/', '/', '.', '..', '%2e', '%2E', '%2f', '%2F', '%5c', '\\', '%00', 'x', '%'),
  letter,
)
const anyPath = fc.array(piece, { maxLength: 10 }).map((pieces) => `/${pieces.join('')}`)

it('no spelling of a guarded path gets past its route: it is refused, or it is that route’s', () => {
  let guarded = 0
  fc.assert(
    fc.property(anyPath, (path) => {
      if (!/^\/admin(?:\/|$)/.test(asServicesRead(path))) return
      const canonical = canonicalPath(path)
      if (typeof canonical !== 'string') return
      guarded++
      expect(table.match('GET', canonical)).toMatchObject({ kind: 'found', value: 'guarded' })
    }),
    { numRuns: 20_000 },
  )
  expect(guarded).toBeGreaterThan(100)
})

it('what is forwarded means the same to such a service as what came', () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      const canonical = canonicalPath(path)
      if (typeof canonical === 'string') expect(asServicesRead(canonical)).toBe(asServicesRead(path))
    }),
    { numRuns: 5_000 },
  )
})

it('nor with encoded slashes, where they are kept: whoever reads them gets to the same route', () => {
  let guarded = 0
  fc.assert(
    fc.property(anyPath, (path) => {
      const kept = canonicalPath(path, true)
      if (typeof kept !== 'string' || !kept.includes('%2F')) return
      const read = encodedSlashesRead(kept)
      if (typeof read !== 'string') throw new Error(`${kept} has no reading`)
      expect(asServicesRead(read)).toBe(asServicesRead(path))
      if (!/^\/admin(?:\/|$)/.test(asServicesRead(path))) return
      guarded++
      expect(table.match('GET', read)).toMatchObject({ kind: 'found', value: 'guarded' })
    }),
    { numRuns: 20_000 },
  )
  expect(guarded).toBeGreaterThan(50)
})
