import { FakeClock } from '@hazeljs/core/testing'
import { describe, it } from 'vitest'
import { canaryStoreContract } from '../../testing/index.js'
import { MemoryCanaryStore } from './memory-canary-store.js'

describe('MemoryCanaryStore', () => {
  canaryStoreContract({ describe, it }, () => {
    const clock = new FakeClock()
    const store = new MemoryCanaryStore(clock)
    return { store, other: store, advance: (ms) => clock.advance(ms) }
  })
})
