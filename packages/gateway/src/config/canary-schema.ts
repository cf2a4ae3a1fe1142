import type { ZodType } from 'zod'
import type { CanaryArm, CanaryConfig, CanaryPromotion } from './canary-config.js'
import { type Fields, got, isObject, totalOf } from './fields.js'
import { headerName } from './header-schema.js'

export function canarySchema(fields: Fields): ZodType {
  const arm = fields.options<CanaryArm>({ version: fields.text, weight: fields.percent, filter: fields.filter.optional() })
  const promotion = promotionSchema(fields)
  const schema = fields.options<CanaryConfig>(
    {
      stable: arm,
      canary: arm,
      promotion,
      stickyBy: stickySchema(fields).optional(),
      override: overrideSchema(fields).optional(),
      fallbackToStable: fields.flag.optional(),
    },
    fields.inside('promotion', promotion),
  )
  return fields.rule(schema, ({ stable, canary }, report) => {
    if (!isObject(stable) || !isObject(canary)) return
    if (typeof stable.version === 'string' && stable.version === canary.version) {
      report(['canary', 'version'], `'${stable.version}' is the stable version too; a canary tries another one`)
    }
    if (typeof stable.weight !== 'number' || typeof canary.weight !== 'number') return
    const total = totalOf([stable.weight, canary.weight])
    if (total !== 100) report(['canary', 'weight'], `the weights of stable and canary sum to ${total}; expected 100, in per cent`)
  })
}

const besidePromotion = {
  stickyBy: 'stickyBy beside promotion',
  override: 'override beside promotion',
  fallbackToStable: 'fallbackToStable beside promotion',
}

/** The shortest window that metrics have. */
const shortestWindowMs = 12

function promotionSchema(fields: Fields): ZodType {
  const schema = fields.options<CanaryPromotion>(
    {
      strategy: fields.oneOf(['error-rate', 'latency', 'custom']),
      errorThreshold: fields.percent.optional(),
      latencyThreshold: fields.duration().optional(),
      evaluationWindow: fields.duration(shortestWindowMs).optional(),
      autoPromote: fields.flag.optional(),
      autoRollback: fields.flag.optional(),
      steps: stepsSchema(fields).optional(),
      stepInterval: fields.duration(shortestWindowMs).optional(),
      minRequests: fields.count.optional(),
      latencyPercentile: fields.where('50, 95 or 99', (value) => value === 50 || value === 95 || value === 99).optional(),
      falseRollbackRate: within(fields, 0.001, 50).optional(),
      customEvaluator: fields.function("a function of the metrics that returns 'promote', 'hold' or 'rollback'").optional(),
      confirm: fields.function('a function of the pending step that returns true, false or a promise of them').optional(),
      maxMirrorDiffRate: fields.percent.optional(),
    },
    besidePromotion,
  )
  return fields.rule(schema, ({ strategy, customEvaluator }, report) => {
    if (strategy === 'custom' && customEvaluator === undefined)
      report(['customEvaluator'], `is missing; strategy 'custom' asks it for every decision`)
    if (strategy !== 'custom' && customEvaluator !== undefined) report(['customEvaluator'], `is read only with strategy 'custom'`)
  })
}

function within(fields: Fields, min: number, max: number): ZodType {
  return fields.where(`a number from ${min} to ${max}, in per cent`, (value) => typeof value === 'number' && value >= min && value <= max)
}

function stickySchema(fields: Fields): ZodType {
  const forms = "'ip', { header: 'X-User-Id' } or { cookie: 'session' }"
  const byHeader = fields.options<{ header: string }>({ header: headerName(fields) })
  const byCookie = fields.options<{ cookie: string; issue?: boolean }>({ cookie: headerName(fields), issue: fields.flag.optional() })
  return fields.or(['ip'], fields.z.union([byHeader, byCookie], got(forms)), forms)
}

function overrideSchema(fields: Fields): ZodType {
  const schema = fields.options<NonNullable<CanaryConfig['override']>>(
    { header: headerName(fields).optional(), cookie: headerName(fields).optional() },
    {},
    "{ header: 'X-Canary' } or { cookie: 'canary' }",
  )
  return fields.rule(schema, ({ header, cookie }, report) => {
    if (header === undefined && cookie === undefined) report([], 'names neither a header nor a cookie')
  })
}

function stepsSchema(fields: Fields): ZodType {
  const expected = 'ascending weights in per cent that end at 100, such as [10, 50, 100]'
  return fields.list(fields.percent, expected).superRefine(
    (steps, context) => {
      for (const [index, step] of steps.entries()) {
        const before = steps[index - 1]
        if (typeof step !== 'number' || typeof before !== 'number' || !(step <= before)) continue
        context.addIssue({
          code: 'custom',
          path: [index],
          message: `${step} is not above the step before it, ${before}; expected ${expected}`,
        })
      }
      const last = steps.at(-1)
      if (last === 100 || typeof last !== 'number') return
      context.addIssue({ code: 'custom', path: [steps.length - 1], message: `the last step is ${last}; expected 100, the whole traffic` })
    },
    { when: ({ value }) => Array.isArray(value) },
  )
}
