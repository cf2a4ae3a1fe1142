import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import {
  defaultErrorBound,
  defaultFalseRollbackRate,
  defaultLatencyPercentile,
  defaultMinRequests,
  defaultStepIntervalMs,
  inconclusiveAfterIntervals,
  judgingRules,
} from '../../src/canary/judge/judging-rules.js'
import { defaultCanarySteps } from '../../src/config/defaults.js'
import { closedPort } from '../raw-http.js'
import { codeBlocks, readDocument } from './documents.js'

const guide = 'docs/guides/canary-in-five-minutes.md'
const text = readDocument(guide) ?? ''
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated-canary-programs/', import.meta.url))
afterAll(() => rmSync(generated, { recursive: true, force: true }))

const programs = codeBlocks(guide).filter(({ code }) => code.includes('// → '))

describe('the guide to canaries', () => {
  it.each(programs.map(({ code, line }) => ({ code, line })))(
    'has a program at line $line that prints what it says',
    async ({ code, line }) => {
      const wanted = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, printed]) => printed)
      const log = vi.spyOn(console, 'log').mockReturnValue(undefined)
      mkdirSync(generated, { recursive: true })
      const file = join(generated, `program-${line}.ts`)
      writeFileSync(file, code.replace(', 4001,', `, ${await closedPort()},`).replace(', 4002,', `, ${await closedPort()},`))
      await import(/* @vite-ignore */ file).catch((error: unknown) => {
        log.mockRestore()
        throw error
      })
      const printed = log.mock.calls.map(([first]) => String(first))
      log.mockRestore()
      expect(printed).toEqual(wanted)
    },
  )

  it('has three such programs', () => {
    expect(programs).toHaveLength(3)
  })

  it('says which defaults the options have', () => {
    const rows = [...text.matchAll(/^\| `promotion\.(\w+)`[^|]*\| (.*?) +\|/gm)].map(([, option = '', value = '']) => [option, value])
    expect(Object.fromEntries(rows)).toEqual({
      steps: defaultCanarySteps.join(', '),
      stepInterval: `${defaultStepIntervalMs / 60_000}m`,
      minRequests: String(defaultMinRequests),
      falseRollbackRate: String(defaultFalseRollbackRate),
      errorThreshold: `none; ${defaultErrorBound} for promotions`,
      latencyThreshold: 'none',
      latencyPercentile: String(defaultLatencyPercentile),
      evaluationWindow: '`stepInterval`',
      autoPromote: 'true',
    })
    const { errorThreshold, latencyThresholdMs, autoPromote, autoRollback } = judgingRules({
      stable: { version: '1', weight: 90 },
      canary: { version: '2', weight: 10 },
      promotion: { strategy: 'error-rate' },
    })
    expect([errorThreshold, latencyThresholdMs, autoPromote, autoRollback]).toEqual([undefined, undefined, true, true])
    expect(text).toContain(`in ${inconclusiveAfterIntervals} times \`stepInterval\` pauses`)
  })
})
