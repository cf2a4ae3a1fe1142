import { FakeClock, ScriptedRandom } from '@hazeljs/core/testing'
import { CanaryEngine } from '@hazeljs/gateway'
import { stripVTControlCharacters, styleText } from 'node:util'
import { describe, expect, it } from 'vitest'
import { LiveDisplay } from '../src/demos/canary/live-display.js'
import { rolloutLine, rolloutView } from '../src/demos/canary/rollout-view.js'

function startedEngine() {
  const clock = new FakeClock()
  const engine = new CanaryEngine(
    {
      stable: { version: '1.0.0', weight: 90 },
      canary: { version: '2.0.0', weight: 10 },
      promotion: { strategy: 'error-rate', steps: [10, 50, 100], stepInterval: '1m' },
    },
    { clock, random: new ScriptedRandom() },
  )
  engine.start()
  const count = (arm: 'stable' | 'canary', successes: number, failures: number) => {
    for (let i = 0; i < successes; i++) engine.recordSuccess(arm, 5)
    for (let i = 0; i < failures; i++) engine.recordFailure(arm, 5)
  }
  return { clock, engine, count, view: () => rolloutView(engine.getStatus()) }
}

/** How much of a line's bar is filled. */
const filled = (line = '') => (line.match(/█/g) ?? []).length / (line.match(/[█░]/g) ?? []).length

describe('the view of a rollout', () => {
  it('shows weights, requests, errors and the decision to come', async () => {
    const { clock, count, view } = startedEngine()
    await clock.advance(30_000)
    count('stable', 899, 1)
    count('canary', 100, 0)
    const [head, stable, canary, evidence, ...decision] = view()
    expect(head).toBe('1.0.0 → 2.0.0  ACTIVE  steps [10] 50 100')
    expect(stable).toMatch(/^ {2}stable 1\.0\.0 +█+░+ {2}90 % {4}900 requests, 1 failed, 0\.1 %$/)
    expect(canary).toMatch(/^ {2}canary 2\.0\.0 +█+░+ {2}10 % {4}100 requests, 0 failed, 0\.0 %$/)
    expect(filled(stable)).toBeGreaterThan(0.85)
    expect(filled(canary)).toBeLessThan(0.15)
    expect(filled(evidence)).toBe(0)
    const text = decision.join(' ').replace(/\s+/g, ' ')
    expect(text).toContain('decision hold: the step has lasted 30 s of 1 min')
    expect(text).toMatch(/power 2 times the errors of stable would show after \d\d\d,\d\d\d requests or so, at this traffic in \d+ min$/)
  })

  it('shows evidence growing until the canary is rolled back, and why', () => {
    const { engine, count, view } = startedEngine()
    count('stable', 100, 1)
    const grown: number[] = []
    while (engine.getStatus().state === 'ACTIVE') {
      count('canary', 9, 1)
      grown.push(filled(view()[3]))
    }
    expect(grown.length).toBeGreaterThan(2)
    expect(grown).toEqual([...grown].sort((a, b) => a - b))
    expect(grown.at(-1)).toBe(1)
    const text = view().join(' ').replace(/\s+/g, ' ')
    expect(text).toContain('ROLLED_BACK')
    expect(text).toContain('decision rolled back: it fails more often than stable')
    expect(text).not.toContain('power')
  })

  it('says of a pause and a promotion who did it', () => {
    const { engine, view } = startedEngine()
    engine.pause()
    expect(view()).toContainEqual(expect.stringMatching(/^ {2}decision +paused: paused by hand$/))
    engine.resume()
    engine.promote({ full: true })
    expect(view()[0]).toBe('1.0.0 → 2.0.0  PROMOTED  steps 10 50 [100]')
    expect(view()).toContainEqual(expect.stringMatching(/^ {2}decision +promoted: promoted by hand$/))
  })

  it('fits into 80 columns, and says the same with colours', () => {
    const { engine, count, view } = startedEngine()
    count('stable', 98_999, 1)
    count('canary', 9_998, 1)
    expect(Math.max(...view().map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(rolloutView(engine.getStatus(), styleText).map(stripVTControlCharacters)).toEqual(view())
  })

  it('fits into a line of a log', () => {
    const { engine, count } = startedEngine()
    count('stable', 8, 1)
    expect(rolloutLine(engine.getStatus())).toBe('1.0.0 → 2.0.0 at 10 %: failed 1 of 9, of the canary 0 of 0, evidence 0.6 of 100')
  })
})

describe('a live display', () => {
  const screen = (isTTY: boolean, columns = 80) => {
    const written: string[] = []
    return { written, display: new LiveDisplay({ isTTY, columns, write: (text) => written.push(text) }) }
  }

  it('draws over what it drew, and leaves what was printed', () => {
    const { written, display } = screen(true)
    display.draw(['a', 'b'])
    display.draw(['c'])
    display.print('stays')
    display.draw(['d'])
    display.keep()
    display.draw(['e'])
    expect(written).toEqual(['a\nb\n', '\u001B[2A\u001B[0Jc\n', '\u001B[1A\u001B[0Jstays\n', 'd\n', 'e\n'])
  })

  it('cuts what would wrap, and keeps the colours', () => {
    const { written, display } = screen(true, 6)
    display.draw(['123456789', '12345', '\u001B[31m█████████\u001B[39m'])
    expect(written).toEqual(['12345\n12345\n\u001B[31m█████\u001B[39m\n'])
  })

  it('draws nothing where nobody looks', () => {
    const { written, display } = screen(false)
    display.draw(['a'])
    display.print('b')
    expect(written).toEqual(['b\n'])
  })
})
