import { describe, expect, it } from 'vitest'
import { conformancePage, filesNamed, judge, readDepartures, readReport, readRules } from './conformance-page.mjs'

const result = (name, status = 'passed') => ({ file: `packages/gateway/test/${name.split(' > ')[0]}.test.ts`, name, status })
const part = readRules(`Reading
RFC 9112, 3.2 | One Host.
  heads > no Host: *
  heads > two (Hosts)
`)
const good = [result("heads > 'no Host': [ 400 ]"), result('heads > two (Hosts)'), result('other > thing')]

describe('the rules', () => {
  it('are read with their tests', () => {
    expect(part).toEqual({
      title: 'Reading',
      rules: [{ source: 'RFC 9112, 3.2', text: 'One Host.', patterns: ['heads > no Host: *', 'heads > two (Hosts)'] }],
    })
  })

  it('name files', () => {
    expect(filesNamed([part])).toEqual(['heads'])
  })

  it('need a source, and a rule before a test', () => {
    expect(() => readRules('Reading\nOne Host.\n')).toThrow(/no source in "One Host\."/)
    expect(() => readRules('Reading\n  heads > x\n')).toThrow(/before the first rule/)
    expect(() => readDepartures('RFC 9113 | HTTP/2\n')).toThrow(/no reason/)
  })
})

describe('a report', () => {
  it('gives the gateway’s tests, with the suites around them', () => {
    const assertionResults = [{ ancestorTitles: ['fields'], title: 'no Host', status: 'passed' }]
    const report = {
      testResults: [
        { name: '/home/me/packages/gateway/test/heads.test.ts', assertionResults },
        { name: '/home/me/packages/core/src/heads.test.ts', assertionResults },
      ],
    }
    expect(readReport(report)).toEqual([
      { file: 'packages/gateway/test/heads.test.ts', name: 'heads > fields > no Host', status: 'passed' },
    ])
  })
})

describe('a rule', () => {
  const problemsOf = (results, parts = [part]) => judge(parts, results).problems

  it('holds where every test that it names passed', () => {
    const { judged, problems } = judge([part], good)
    expect(problems).toEqual([])
    expect(judged[0].rules[0].holds).toBe(true)
  })

  it('is refused where a test failed, was skipped or does not exist', () => {
    expect(problemsOf([result('heads > no Host: [ 400 ]', 'failed'), good[1]])).toEqual([expect.stringMatching(/no Host: .* failed$/)])
    expect(problemsOf([result('heads > no Host: [ 400 ]', 'skipped'), good[1]])).toEqual([expect.stringMatching(/skipped$/)])
    expect(problemsOf([good[0]])).toEqual([expect.stringMatching(/no test is called heads > two \(Hosts\)$/)])
    expect(problemsOf([good[0], result('heads > two xHostsx')])).toHaveLength(1)
  })

  it('is refused where it names no test', () => {
    expect(problemsOf([], [readRules('Reading\nRFC 9112, 3 | x\n')])).toEqual([expect.stringMatching(/names no test$/)])
  })

  const gap = readRules('Reading\nRFC 9110, 8.6 | None.\n  conformance-gaps > 204\n')

  it('does not hold yet where its test is expected to fail', () => {
    const { judged, problems } = judge([gap], [result('conformance-gaps > 204')])
    expect(problems).toEqual([])
    expect(judged[0].rules[0].holds).toBe(false)
  })

  it('is refused where it holds in part, and so is a gap that no rule names', () => {
    const both = { ...gap, rules: [{ ...gap.rules[0], patterns: [...gap.rules[0].patterns, 'other > thing'] }] }
    expect(problemsOf([result('conformance-gaps > 204'), good[2]], [both])).toEqual([expect.stringMatching(/make two rules of it$/)])
    expect(problemsOf([...good, result('conformance-gaps > 204')])).toEqual([expect.stringMatching(/^no rule names/)])
  })
})

it('the page counts the rules and links sources and tests', () => {
  const text = conformancePage(judge([part], good).judged, readDepartures('RFC 9113 | HTTP/2 | Not a_b | yet\n'))
  expect(text).toContain('| [Reading](#reading) | 1 | 1 | 0 |')
  expect(text).toContain(
    '| [RFC 9112, 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2) | One Host. | [heads](../packages/gateway/test/heads.test.ts): no Host: \\*; two (Hosts) | holds |',
  )
  expect(text).toContain('| [RFC 9113](https://www.rfc-editor.org/rfc/rfc9113) | HTTP/2 | Not a\\_b |')
})
