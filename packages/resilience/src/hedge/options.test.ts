import { ConfigError } from '@hazeljs/core'
import { expect, it } from 'vitest'
import { Hedge } from './hedge.js'
import { hedgeProblems, resolveHedgeOptions } from './options.js'

it('have the documented defaults, which an explicit undefined does not undo', () => {
  const defaults = { delayMs: undefined, quantile: 95, minSamples: 50, maxHedges: 1, budget: undefined, metrics: undefined }
  expect(resolveHedgeOptions({})).toEqual(defaults)
  expect(resolveHedgeOptions({ delay: undefined, quantile: undefined, maxHedges: undefined })).toEqual(defaults)
})

it('are refused all at once', () => {
  const wrong = { delay: -1, quantile: 100, minSamples: 0.5, maxHedges: 0, budget: {}, metrics: 1, hedges: 2 }
  const paths = hedgeProblems(wrong as object).map(({ path }) => path)
  expect(new Set(paths)).toEqual(new Set(Object.keys(wrong)))
  expect(() => new Hedge({ maxHedges: Number.NaN })).toThrow(ConfigError)
  expect(hedgeProblems({ delay: 5, quantile: 99 })).toEqual([
    { path: 'quantile', message: 'has no effect beside delay; leave one of them out' },
  ])
})
