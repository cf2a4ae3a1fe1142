import { performance } from 'node:perf_hooks'

/** What tells, each time it is asked, in which part of the time since it was asked last the event loop was busy; from 0 to 1. */
export function eventLoopMeter(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const current = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(current, last)
    last = current
    return utilization
  }
}
