import { describe, expect, it } from 'vitest'
import { DiffReport, type Finding, maxExamples, maxKinds } from './diff-report.js'

const request = (path: string) => ({ method: 'GET', path, requestId: undefined })
const different = (...kinds: string[]): Finding => ({ verdict: 'different', kinds, differences: kinds.map((at) => ({ at })) })

describe('DiffReport', () => {
  it('counts what is known of pairs, and apart from it what is not', () => {
    const report = new DiffReport()
    report.add({ verdict: 'same' }, request('/'))
    report.add({ verdict: 'unknown' }, request('/'))
    report.add(different('$.b'), request('/1'))
    report.add(different('$.a', '$.b'), request('/2'))
    expect(report.rate).toEqual({ compared: 3, different: 2 })
    expect(report.snapshot()).toEqual({
      compared: 3,
      same: 1,
      different: 2,
      notCompared: 1,
      kinds: [
        { kind: '$.b', count: 2 },
        { kind: '$.a', count: 1 },
      ],
      examples: [
        { ...request('/2'), differences: [{ at: '$.a' }, { at: '$.b' }] },
        { ...request('/1'), differences: [{ at: '$.b' }] },
      ],
    })
  })

  it('keeps a bounded number of kinds and of examples', () => {
    const report = new DiffReport()
    for (let i = 0; i < 150; i++) report.add(different(`$.id${i}`), request(`/${i}`))
    const { kinds, examples } = report.snapshot()
    expect([maxExamples, maxKinds]).toEqual([20, 100])
    expect(kinds).toHaveLength(101)
    expect(kinds[0]).toEqual({ kind: 'other', count: 50 })
    expect(examples.map(({ path }) => path)).toEqual(Array.from({ length: 20 }, (_, i) => `/${149 - i}`))
  })
})
