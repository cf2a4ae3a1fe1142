import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { currentDeadline, withDeadline, withoutDeadline } from './deadline.js'
import { TimeoutError } from './errors.js'
import type { CallContext } from './policy.js'
import { toContext } from './policy.js'
import { Timeout } from './timeout/timeout.js'

const never = () => new Promise<never>(() => undefined)

describe('withDeadline', () => {
  it('hands the time left to calls inside that get no context', async () => {
    const clock = new FakeClock()
    const inner = new Timeout('10s', clock)
    const outcome = withDeadline(
      '1s',
      async () => {
        await clock.sleep(400)
        return inner.execute(({ remainingMs }) => remainingMs)
      },
      clock,
    )
    await clock.advance(400)
    expect(await outcome).toBe(600)
    expect(clock.pendingTimers).toBe(0)
  })

  it('calls nested work off when the time is over, with the same reason', async () => {
    const clock = new FakeClock()
    let seen: CallContext | undefined
    const outcome = withDeadline('1s', () => new Timeout('10s', clock).execute((context) => ((seen = context), never())), clock)
    const refused = expect(outcome).rejects.toBeInstanceOf(TimeoutError)
    await clock.advance(1_000)
    await refused
    expect(seen?.aborted).toBe(true)
    expect(seen?.signal.reason).toMatchObject({ code: 'TIMEOUT', timeoutMs: 1_000 })
  })

  it('nests: the nearest deadline counts', async () => {
    const clock = new FakeClock()
    const left: (number | undefined)[] = []
    await withDeadline(
      '5s',
      () =>
        withDeadline(
          '1s',
          () => {
            left.push(currentDeadline()?.remainingMs)
            return withDeadline('9s', () => left.push(currentDeadline()?.remainingMs), clock)
          },
          clock,
        ),
      clock,
    )
    expect(left).toEqual([1_000, 1_000])
    expect(currentDeadline()).toBeUndefined()
  })

  it('adds to what the nested call is given: its own signal still calls it off', async () => {
    const clock = new FakeClock()
    const caller = new AbortController()
    await withDeadline(
      '1s',
      () => {
        const context = toContext({ signal: caller.signal, key: 'user-1' })
        expect([context.remainingMs, context.options.key, context.aborted]).toEqual([1_000, 'user-1', false])
        caller.abort('gone')
        expect([context.aborted, context.signal.reason]).toEqual([true, 'gone'])
      },
      clock,
    )
  })

  it('is no retry of the nested call: a claim stays with its own', async () => {
    await withDeadline('1s', () => expect(toContext(undefined).claimRetry(new Error('down'))).toBe(false))
  })

  it('reaches a query that begins only when it is awaited', async () => {
    const query = { then: (resolve: (left: number | undefined) => void) => resolve(currentDeadline()?.remainingMs) }
    expect(await withDeadline('1s', () => query as PromiseLike<number | undefined>, new FakeClock())).toBe(1_000)
  })

  it('can be left behind by work that goes on', async () => {
    await withDeadline('1s', () => {
      expect(withoutDeadline(() => [currentDeadline(), toContext(undefined).remainingMs])).toEqual([undefined, Infinity])
      expect(currentDeadline()).toBeDefined()
    })
    expect(withoutDeadline(() => 'outside')).toBe('outside')
  })
})

it('hands the time left to whoever is given the context, without being asked for', async () => {
  const clock = new FakeClock()
  const outer = new Timeout('1s', clock)
  const inner = new Timeout('10s', clock)
  expect(await outer.execute((context) => inner.execute(({ remainingMs }) => remainingMs, context))).toBe(1_000)
  expect(await outer.execute(() => inner.execute(({ remainingMs }) => remainingMs))).toBe(10_000)
  expect(toContext(undefined).remainingMs).toBe(Infinity)
})

it('does not reach the clean-up of another call whose time ended by the same timer', async () => {
  const clock = new FakeClock()
  const shared = new Timeout(100, clock)
  const seen: unknown[] = []
  const hanging = ({ signal }: CallContext) => {
    signal.addEventListener('abort', () => seen.push(currentDeadline()))
    return never()
  }
  const outcomes = Promise.allSettled([withDeadline('1s', () => shared.execute(never), clock), shared.execute(hanging)])
  await clock.advance(100)
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(seen).toEqual([undefined])
})
