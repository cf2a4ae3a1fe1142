import { type Clock, type Random, type TimerHandle, toError } from '@hazeljs/core'

interface Polling {
  /** Resolves to the time after which to ask again, in milliseconds. */
  readonly ask: () => Promise<number>
  readonly failed: (error: Error) => void
  /** The first pause after a failure; each next one is twice as long, … */
  readonly retryMs: number
  /** … until this long. */
  readonly maxRetryMs: number
  readonly clock: Clock
  readonly random: Random
}

/** Pauses grow by up to this share, never shrink: an answer asked for before its TTL is over comes from a cache. */
export const pollJitter = 0.2

/** Asks now, and again and again until it is stopped. What was asked before that still comes in. */
export function poll({ ask, failed, retryMs, maxRetryMs, clock, random }: Polling): () => void {
  let timer: TimerHandle | undefined
  let stopped = false
  let failures = 0
  const askOnce = async (): Promise<number> => {
    try {
      const pauseMs = await ask()
      failures = 0
      return pauseMs
    } catch (error) {
      failed(toError(error))
      return Math.max(retryMs, Math.min(retryMs * 2 ** failures++, maxRetryMs))
    }
  }
  const next = () =>
    void askOnce().then((pauseMs) => {
      if (!stopped) timer = clock.setTimer(next, pauseMs * (1 + pollJitter * random.next()), { background: true })
    })
  next()
  return () => {
    stopped = true
    clock.clearTimer(timer)
  }
}
