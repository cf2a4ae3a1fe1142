import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { checkJitter, type Health, type HealthCheck, HealthMonitor } from './health-monitor.js'

const options = { intervalMs: 1_000, timeoutMs: 300, healthyThreshold: 2, unhealthyThreshold: 3 }

/** A monitor of an instance whose health the test decides. */
function setup(check?: HealthCheck) {
  const clock = new FakeClock()
  const target = { good: true, checkedAt: [] as number[] }
  const verdicts: Health[] = []
  const told: (string | undefined)[] = []
  const ask: HealthCheck = () => {
    target.checkedAt.push(clock.now())
    return target.good ? Promise.resolve() : Promise.reject(new Error('ill'))
  }
  const observer = {
    changed: (health: Health, failure: Error | undefined) => {
      verdicts.push(health)
      told.push(failure?.message)
    },
    checked: (failure: Error | undefined) => told.push(failure?.message ?? 'good'),
  }
  const monitor = new HealthMonitor(check ?? ask, options, observer, clock, new SeededRandom(1))
  const checks = async (count: number) => {
    const until = target.checkedAt.length + count
    while (target.checkedAt.length < until) await clock.advance(10)
  }
  return { clock, target, verdicts, told, monitor, checks }
}

describe('HealthMonitor', () => {
  it('believes the first good check', async () => {
    const { monitor, verdicts } = setup()
    await monitor.start()
    expect(verdicts).toEqual(['well'])
  })

  it('knows nothing until a check is good', async () => {
    const { monitor, verdicts, target, checks } = setup()
    target.good = false
    await monitor.start()
    await checks(5)
    expect(verdicts).toEqual([])
    target.good = true
    await checks(1)
    expect(verdicts).toEqual(['well'])
  })

  it('takes three bad checks in a row to find it ill, and two good ones to find it well again', async () => {
    const { monitor, verdicts, target, checks } = setup()
    await monitor.start()
    target.good = false
    await checks(2)
    target.good = true
    await checks(1)
    target.good = false
    await checks(2)
    expect(verdicts).toEqual(['well'])
    await checks(1)
    expect(verdicts).toEqual(['well', 'ill'])
    target.good = true
    await checks(1)
    expect(verdicts).toEqual(['well', 'ill'])
    await checks(1)
    expect(verdicts).toEqual(['well', 'ill', 'well'])
  })

  it('tells of each check, and why it was bad, before the verdict that it changes', async () => {
    const { monitor, told, target, checks } = setup()
    await monitor.start()
    target.good = false
    await checks(3)
    expect(told).toEqual(['good', undefined, 'ill', 'ill', 'ill', 'ill'])
  })

  it('can be stopped by whoever is told', async () => {
    const clock = new FakeClock()
    const observer = { changed: () => monitor.stop() }
    const monitor = new HealthMonitor(() => Promise.resolve(), options, observer, clock, new SeededRandom(1))
    await monitor.start()
    expect(clock.pendingTimers).toBe(0)
  })

  it('spreads its checks by 20 % either way', async () => {
    const { monitor, target, checks } = setup()
    await monitor.start()
    await checks(50)
    const gaps = target.checkedAt.slice(1).map((at, index) => at - (target.checkedAt[index] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(options.intervalMs * (1 - checkJitter))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(options.intervalMs * (1 + checkJitter))
    expect(new Set(gaps).size).toBeGreaterThan(10)
  })

  it('calls a check off that takes too long', async () => {
    const signals: AbortSignal[] = []
    const { monitor, clock, verdicts } = setup(
      (signal) =>
        new Promise((_resolve, reject) => {
          signals.push(signal)
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        }),
    )
    const started = monitor.start()
    await clock.advance(options.timeoutMs)
    await started
    expect((signals[0]?.reason as Error).message).toContain('300 ms')
    expect(verdicts).toEqual([])
    monitor.stop()
  })

  it('is silent once it is stopped, a running check included', async () => {
    let finish: (() => void) | undefined
    const { monitor, clock, verdicts } = setup(() => new Promise((resolve) => (finish = resolve)))
    const started = monitor.start()
    monitor.stop()
    finish?.()
    await started
    expect(verdicts).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })
})
