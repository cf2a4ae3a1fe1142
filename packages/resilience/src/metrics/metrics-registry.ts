import { type Clock, ConfigError, type Duration, durationMs, systemClock } from '@hazeljs/core'
import { MetricsCollector } from './metrics-collector.js'
import type { MetricsSnapshot } from './snapshot.js'

/** Collectors by name. */
export class MetricsCollectors {
  readonly #clock: Clock
  readonly #collectors = new Map<string, MetricsCollector>()

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** @throws ConfigError when the name has a collector with another `window`, or `window` is no duration. */
  getOrCreate(name: string, window?: Duration): MetricsCollector {
    const known = this.#collectors.get(name)
    if (known === undefined) {
      const collector = new MetricsCollector(window, this.#clock)
      this.#collectors.set(name, collector)
      return collector
    }
    if (window !== undefined && durationMs(window) !== known.windowMs) {
      throw new ConfigError(`The collector '${name}'`, [{ path: 'window', message: `is ${known.windowMs} ms already, got ${window}` }])
    }
    return known
  }

  get(name: string): MetricsCollector | undefined {
    return this.#collectors.get(name)
  }

  getAll(): Map<string, MetricsCollector> {
    return new Map(this.#collectors)
  }

  /** Whether there was one. */
  remove(name: string): boolean {
    return this.#collectors.delete(name)
  }

  clear(): void {
    this.#collectors.clear()
  }

  getSnapshot(name: string): MetricsSnapshot | undefined {
    return this.#collectors.get(name)?.getSnapshot()
  }

  getAllSnapshots(): Record<string, MetricsSnapshot> {
    return Object.fromEntries(Array.from(this.#collectors, ([name, collector]) => [name, collector.getSnapshot()]))
  }
}

/** The collectors of the process, for whoever does not keep their own. Pure, so that a bundler leaves it out where nobody uses it. */
export const MetricsRegistry = /* @__PURE__ */ new MetricsCollectors()
