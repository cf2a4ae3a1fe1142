import { ConfigError, resolveOptions } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { readListenOptions } from '../http/listen-options.js'
import {
  defaultDrainTimeoutMs,
  defaultSignalAcceptGraceMs,
  readClose,
  type ResolvedShutdown,
  type ShutdownOptions,
} from './close-options.js'

const shutdownOf = (shutdown: unknown): ResolvedShutdown | undefined =>
  resolveOptions('listen', readListenOptions, { shutdown: shutdown as boolean | ShutdownOptions }).shutdown

const problemsOf = (shutdown: unknown): string[] => {
  try {
    shutdownOf(shutdown)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path }) => path)
    throw error
  }
  return []
}

describe('close()', () => {
  it('has no accept grace, and 20 s to drain, unless it is told otherwise', () => {
    expect(resolveOptions('close', (reader) => readClose(reader), {})).toEqual({ acceptGraceMs: 0, drainTimeoutMs: 20_000 })
  })
})

describe('listen({ shutdown })', () => {
  it('is off unless it is asked for', () => {
    expect([shutdownOf(undefined), shutdownOf(false)]).toEqual([undefined, undefined])
  })

  it('is done within the 30 s of Kubernetes by default', () => {
    const byDefault = { signals: ['SIGTERM'], acceptGraceMs: 5_000, drainTimeoutMs: 20_000 }
    expect([shutdownOf(true), shutdownOf({})]).toEqual([byDefault, byDefault])
    expect(defaultSignalAcceptGraceMs + defaultDrainTimeoutMs).toBeLessThan(30_000)
  })

  it('takes signals and durations', () => {
    const given = { signals: ['SIGTERM', 'SIGINT'], acceptGrace: '2s', drainTimeout: 100 }
    expect(shutdownOf(given)).toEqual({ signals: ['SIGTERM', 'SIGINT'], acceptGraceMs: 2_000, drainTimeoutMs: 100 })
  })

  it.each([
    ['SIGTERM', ['shutdown']],
    [{ signals: 'SIGTERM' }, ['shutdown.signals']],
    [{ signals: ['SIGKILL'], acceptGrace: -1, grace: 1 }, ['shutdown.grace', 'shutdown.acceptGrace', 'shutdown.signals']],
    [{ signals: [] }, ['shutdown.signals']],
  ])('refuses %o', (shutdown, paths) => {
    expect(problemsOf(shutdown).sort()).toEqual([...paths].sort())
  })
})
