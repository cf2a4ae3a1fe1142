import { ServiceStatus } from '@hazeljs/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../../testing/sample-instance.js'
import { mergeSlices } from './merge-slices.js'
import { type Candidate, type ReadSlice, type Standing, standings } from './slice-reader.js'

const statuses: Readonly<Record<Standing, ServiceStatus>> = {
  ready: ServiceStatus.UP,
  draining: ServiceStatus.OUT_OF_SERVICE,
  unready: ServiceStatus.DOWN,
  gone: ServiceStatus.OUT_OF_SERVICE,
}
const candidate = (host: string, standing: Standing, from = ''): Candidate => ({
  standing,
  instance: sampleInstance({ host, status: statuses[standing], metadata: { from } }),
})
const slice = (name: string, candidates: readonly Candidate[], created = '2026-01-01T00:00:00Z'): ReadSlice => ({
  name,
  created,
  candidates,
})

const anyCandidate = fc
  .tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom(...standings))
  .map(([host, standing]) => candidate(host, standing))
const anySlices = fc
  .array(fc.array(anyCandidate, { maxLength: 5 }), { maxLength: 5 })
  .map((all) => all.map((candidates, index) => slice(`s${index}`, candidates)))
const anyOrder = anySlices.chain((slices) =>
  fc.record({ slices: fc.constant(slices), shuffled: fc.shuffledSubarray(slices, { minLength: slices.length }) }),
)

describe('mergeSlices', () => {
  it('shows each address once, in its best standing, whatever the order of the slices', () => {
    fc.assert(
      fc.property(anyOrder, ({ slices, shuffled }) => {
        const merged = mergeSlices(slices)
        const all = slices.flatMap(({ candidates }) => candidates)
        expect(new Set(merged.map(({ id }) => id))).toEqual(new Set(all.map(({ instance }) => instance.id)))
        expect(merged).toHaveLength(new Set(all.map(({ instance }) => instance.id)).size)
        const anyReady = all.some(({ standing }) => standing === 'ready')
        for (const { id, status } of merged) {
          const own = all.filter(({ instance }) => instance.id === id).map(({ standing }) => standing)
          const best = standings.find((standing) => own.includes(standing)) ?? 'gone'
          expect(status).toBe(best === 'draining' && !anyReady ? ServiceStatus.UP : statuses[best])
        }
        expect(mergeSlices(shuffled)).toEqual(merged)
      }),
    )
  })

  it('shows of equals the one in the younger slice, and of one age that of the later name', () => {
    const from = (slices: readonly ReadSlice[]) => mergeSlices(slices)[0]?.metadata.from
    const old = slice('b', [candidate('a', 'ready', 'old')], '2026-01-01T00:00:00Z')
    const young = slice('a', [candidate('a', 'ready', 'young')], '2026-01-02T00:00:00Z')
    expect(from([old, young])).toBe('young')
    expect(from([young, old])).toBe('young')
    expect(from([slice('x', [candidate('a', 'ready', 'x')]), slice('y', [candidate('a', 'ready', 'y')])])).toBe('y')
  })
})
