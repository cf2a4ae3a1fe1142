import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { logEvidence, logNonInferiority, nonInferiorityBeta } from '../../src/canary/judge/rate-comparison.js'
import { logAbove, logBelow } from '../../src/canary/judge/rate-tests.js'
import { Comparison, FixedThreshold, RepeatedZTest } from '../canary-simulation/rollback-rules.js'
import { rollbacks } from '../canary-simulation/rollbacks.js'
import { bad } from '../canary-simulation/scenarios.js'
import { codeBlocks, readDocument } from './documents.js'

const guide = 'docs/guides/how-the-canary-decides.md'
const text = (readDocument(guide) ?? '').replaceAll(/\s+/g, ' ')
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated-canary/', import.meta.url))
afterAll(() => rmSync(generated, { recursive: true, force: true }))

const firstOf = (holds: (count: number) => boolean) => {
  let count = 0
  while (!holds(count)) count++
  return count
}
const whole = (count: number | undefined) => (count ?? 0).toLocaleString('en-US')

describe('the guide to what the canary decides', () => {
  it('has a snippet that prints what it says', { timeout: 60_000 }, async () => {
    const [{ code, line } = { code: '', line: 0 }] = codeBlocks(guide)
    const wanted = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, said]) => said)
    const printed: unknown[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((said: unknown) => void printed.push(said))
    mkdirSync(generated, { recursive: true })
    const file = join(generated, `snippet-${line}.ts`)
    writeFileSync(file, code)
    await import(/* @vite-ignore */ file).finally(() => log.mockRestore())
    expect(wanted.length).toBeGreaterThan(0)
    expect(printed).toEqual(wanted)
  })

  it('says how many errors in a row it takes', () => {
    const errors = (weight: number, stable: number) => firstOf((canary) => logEvidence([{ weight, stable, canary }]) >= Math.log(100))
    for (const weight of [1, 5, 10, 25, 50]) expect(text).toContain(`| ${weight} | ${errors(weight, 0)} | ${errors(weight, 9)} |`)
    const aboveOne = firstOf((count) => logAbove(0.01, count, count) >= Math.log(100))
    const aboveFive = firstOf((count) => logAbove(0.05, count, count) >= Math.log(100))
    expect([aboveOne, aboveFive]).toEqual([2, 3])
  })

  it('says what it takes to be promoted', () => {
    const needed = [1, 10, 25, 50, 75].map((weight) =>
      firstOf((errors) => {
        const canary = (errors * weight) / 100
        return logNonInferiority({ weight, canary, stable: errors - canary }) >= Math.log(1 / nonInferiorityBeta)
      }),
    )
    expect(text).toContain(`| errors | ${needed.map(whole).join(' | ')} |`)
    const clean = (rate: number) => firstOf((requests) => logBelow(rate, requests, 0) >= Math.log(20))
    expect(text).toContain(`needs ${clean(0.01)} requests of the canary without an error for 1 per cent, ${clean(0.05)} for 5`)
  })

  it.each([bad.tenfold, bad.dead, bad.belowFive])('has the figures of the simulation, as of $name', { timeout: 60_000 }, (scenario) => {
    const rules = [(weight: number) => new Comparison(weight), () => new FixedThreshold(), () => new RepeatedZTest()]
    const cells = rules.map((rule) => {
      const { share, medianRequests } = rollbacks(scenario, rule, 2_000, 1)
      return `${(share * 100).toFixed(1)} %, ${whole(medianRequests)}`
    })
    expect(text).toContain(`| ${scenario.name} | ${scenario.weight} | ${cells.join(' | ')} |`)
  })
})
