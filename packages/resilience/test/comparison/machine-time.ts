import { afterEach, beforeEach, vi } from 'vitest'

/** Stops the time of the machine, which the others read, in every test of the file. It leaves what a FakeClock needs: `setImmediate`. */
export function stopMachineTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}
