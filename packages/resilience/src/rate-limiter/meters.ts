import type { Meter } from './meter.js'
import type { ResolvedLimit } from './options.js'
import { SlidingWindowMeter, type SlidingWindowRule } from './sliding-window-meter.js'
import { TokenBucketMeter, type TokenBucketRule } from './token-bucket-meter.js'

/** What makes the meters of one limit. */
export function meterMaker({ strategy, max, windowMs, tokenMs }: ResolvedLimit): () => Meter {
  if (strategy === 'token-bucket') {
    const rule: TokenBucketRule = { capacity: max, tokenMs }
    return () => new TokenBucketMeter(rule)
  }
  const rule: SlidingWindowRule = { max, windowMs }
  return () => new SlidingWindowMeter(rule)
}
