import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { compose } from '../compose.js'
import type { Policy } from '../policy.js'
import { AdaptiveConcurrencyLimiter } from './adaptive-concurrency-limiter.js'

const serviceMs = 100

/** So many calls at once, each as long as `takesMs` says; the others wait, as long as it takes. */
class Server {
  readonly #clock: FakeClock
  readonly #takesMs: () => number
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(clock: FakeClock, places: number, takesMs: () => number) {
    this.#clock = clock
    this.#free = places
    this.#takesMs = takesMs
  }

  serve(): Promise<void> {
    return new Promise((resolve) => {
      const begin = () => {
        this.#clock.setTimer(() => {
          resolve()
          const next = this.#waiting.shift()
          if (next === undefined) this.#free++
          else next()
        }, this.#takesMs())
      }
      if (this.#free === 0) this.#waiting.push(begin)
      else {
        this.#free--
        begin()
      }
    })
  }
}

interface Load {
  readonly places: number
  /** Arrivals, as a multiple of what the server can do. */
  readonly load: number
  readonly seconds: number
  readonly policy: (clock: FakeClock) => Policy
}

/** Poisson arrivals at a server with exponential service times: M/M/c. Gives the mean latency of each second's answers. */
async function simulate({ places, load, seconds, policy: policyOn }: Load, eachSecond: () => void): Promise<number[]> {
  const clock = new FakeClock()
  const random = new SeededRandom(50)
  const exponential = () => -Math.log(1 - random.next())
  const server = new Server(clock, places, () => serviceMs * exponential())
  const policy = policyOn(clock)
  const means: number[] = []
  let sumMs = 0
  let answers = 0
  const arrive = () => {
    const startMs = clock.now()
    policy
      .execute(() => server.serve())
      .then(
        () => {
          sumMs += clock.now() - startMs
          answers++
        },
        () => undefined,
      )
    clock.setTimer(arrive, (exponential() * serviceMs) / places / load)
  }
  arrive()
  for (let second = 0; second < seconds; second++) {
    await clock.advance(1_000)
    means.push(sumMs / answers)
    sumMs = answers = 0
    eachSecond()
  }
  return means
}

async function limited(load: Omit<Load, 'policy'>): Promise<{ readonly latencies: number[]; readonly limits: number[] }> {
  const limits: number[] = []
  let limiter: AdaptiveConcurrencyLimiter | undefined
  const policy = (clock: FakeClock) => (limiter = new AdaptiveConcurrencyLimiter({ eventLoopUtilization: () => 0 }, clock))
  const latencies = await simulate({ ...load, policy }, () => limits.push(limiter?.getMetrics().limit ?? 0))
  return { latencies, limits }
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length

describe('a server with 50 places that gets twice as much as it can do', () => {
  const load = { places: 50, load: 2, seconds: 60 }

  it('is slower and slower without a limiter', async () => {
    const latencies = await simulate({ ...load, seconds: 30, policy: () => compose() }, () => undefined)
    expect(latencies.at(-1)).toBeGreaterThan(50 * serviceMs)
  })

  it('stays quick with one, which finds about how many places there are', async () => {
    const { latencies, limits } = await limited(load)
    for (const limit of limits.slice(20)) {
      expect(limit).toBeGreaterThanOrEqual(30)
      expect(limit).toBeLessThanOrEqual(80)
    }
    expect(Math.max(...latencies)).toBeLessThan(2 * serviceMs)
    expect(mean(latencies.slice(20))).toBeLessThan(1.5 * serviceMs)
  })
})

it('finds a limit below the first one, by trying half of it', async () => {
  const { latencies, limits } = await limited({ places: 5, load: 2, seconds: 240 })
  expect(mean(limits.slice(0, 5))).toBeGreaterThan(20)
  expect(mean(limits.slice(-60))).toBeLessThan(15)
  expect(mean(latencies.slice(-60))).toBeLessThan(3 * serviceMs)
})
