import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import {
  type CallerCheckOptions,
  defaultCallerCheckIntervalMs,
  defaultCallerCheckTimeoutMs,
  defaultCallerHealthyThreshold,
  defaultCallerUnhealthyThreshold,
} from '../src/health/active/caller-checks.js'
import { checkJitter } from '../src/health/active/health-monitor.js'

it('the guide to load shedding and health names the defaults of checks', () => {
  const page = readFileSync(new URL('../../../docs/guides/load-shedding.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)].map(([, name, text]) => [name, text])
  const defaults: Record<keyof CallerCheckOptions, string> = {
    path: "the instance's own `healthCheckPath`; without one, a connection will do",
    interval: `${defaultCallerCheckIntervalMs / 1_000} s, ±${checkJitter * 100} %`,
    timeout: `${defaultCallerCheckTimeoutMs / 1_000} s`,
    healthyThreshold: String(defaultCallerHealthyThreshold),
    unhealthyThreshold: String(defaultCallerUnhealthyThreshold),
  }
  expect(Object.fromEntries(rows)).toEqual(defaults)
})
