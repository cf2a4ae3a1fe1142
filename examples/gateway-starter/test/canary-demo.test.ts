import { describe, expect, it } from 'vitest'
import { startStarter } from './starter-process.js'

const timeout = 40_000

describe('the canary demo', () => {
  it('promotes the good release and rolls the bad ones back, in plain lines', { timeout }, async () => {
    const { exited, output } = startStarter(['scenario:canary'], { FORCE_COLOR: undefined })
    expect(await exited).toBe(0)
    const text = output()
    const rollback = '! rollback: it fails more often than stable'
    expect(text).toMatch(new RegExp(`! promote: to 50 %[^]*! promote: to 100 %[^]*${rollback}[^]*${rollback}`))
    expect(text).toContain('The good release was promoted, and the bad ones were rolled back.')
    const errorsOf = (version: string) => Number(new RegExp(`Errors of ${version} that clients saw: (\\d+)\\.`).exec(text)?.[1])
    expect(errorsOf('1.2.0')).toBeGreaterThan(0)
    expect(errorsOf('1.2.0')).toBeLessThan(20)
    expect(errorsOf('1.3.0')).toBe(0)
    expect(text).not.toContain('\u001B')
  })

  it('ends when it is told to', { timeout }, async () => {
    const { child, exited, printed, output } = startStarter(['scenario:canary'])
    await printed(/1\.0\.0 → 1\.1\.0 at 10 %/)
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
    expect(output()).not.toContain('was rolled back')
  })
})
