import { type Random, resolveOptions } from '@hazeljs/core'
import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import type { CallOptions } from '../../policy.js'
import { readSimulationOptions, type ResolvedSimulationOptions, type SimulationOptions } from './options.js'
import { describePhase } from './phase-text.js'
import { Recorder } from './recorder.js'
import type { SimulationReport } from './report.js'
import { answer, SimulatedTarget } from './simulated-target.js'
import { story } from './story.js'

/** How long a simulation goes on after the last arrival while calls are under way. */
export const patienceMs = 5 * 60_000
const stepMs = 1_000

/**
 * Plays traffic against a pipeline in front of a target that behaves as scripted, on a clock of its own: minutes take milliseconds, and the
 * same seed does the same again. When no more calls arrive it waits, five simulated minutes at most, for those under way.
 *
 * @throws ConfigError listing everything that is wrong with the options; what `pipeline` or `callOptions` throws.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const resolved = resolveOptions('simulate', readSimulationOptions, options)
  const clock = new FakeClock()
  const seeds = new SeededRandom(resolved.seed)
  const [forArrivals, forTarget, forPipeline] = [fork(seeds), fork(seeds), fork(seeds)]
  const recorder = new Recorder(clock)
  const target = new SimulatedTarget(resolved.phases, resolved.capacity, clock, forTarget)
  const pipeline = options.pipeline(clock, forPipeline, (circuit) => {
    recorder.observe(circuit)
    return circuit
  })
  const makeCall = async (callOptions: CallOptions | undefined) => {
    const call = recorder.arrived()
    try {
      const result = await pipeline.execute((context) => {
        recorder.attempted(call)
        return target.attempt(context)
      }, callOptions)
      recorder.succeeded(call, result !== answer)
    } catch (error) {
      recorder.failed(call, error)
    }
  }

  let number = 0
  for (const atMs of arrivalTimes(resolved, forArrivals)) {
    await clock.advance(Math.max(0, atMs - clock.now()))
    void makeCall(options.callOptions?.(++number))
  }
  await clock.advance(Math.max(0, resolved.durationMs - clock.now()))
  const endMs = clock.now() + patienceMs
  while (recorder.unfinished > 0 && clock.pendingTimers > 0 && clock.now() < endMs) await clock.advance(stepMs)

  const { seed, rate, arrivals, durationMs, phases } = resolved
  const facts = { seed, rate, arrivals, durationMs, ...recorder.results(durationMs), phases: phases.map(describePhase) }
  // Not enumerable, so that reports can be compared and printed as data.
  return Object.defineProperty(facts, 'toString', { value: () => story(facts) })
}

/** A stream that depends on the seed alone, not on how much the others draw. */
function fork(seeds: Random): Random {
  return new SeededRandom(seeds.next() * 0x1_0000_0000)
}

function* arrivalTimes({ rate, arrivals, durationMs }: ResolvedSimulationOptions, random: Random): Generator<number> {
  const gapMs = 1_000 / rate
  if (arrivals === 'regular') for (let number = 0; number * gapMs < durationMs; number++) yield number * gapMs
  else for (let atMs = poissonGap(gapMs, random); atMs < durationMs; atMs += poissonGap(gapMs, random)) yield atMs
}

/** Gaps between callers that know nothing of each other are distributed exponentially. */
function poissonGap(meanMs: number, random: Random): number {
  return -Math.log(1 - random.next()) * meanMs
}
