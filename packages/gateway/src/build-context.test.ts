import { describe, expect, it } from 'vitest'
import { problemsOf } from './config/problems-of.fixture.js'
import { GatewayServer, MemoryCanaryStore } from './index.js'

const problems = (dependencies: object) => problemsOf(() => GatewayServer.fromConfig({}, undefined, dependencies))

describe('what a gateway works with', () => {
  it.each([
    [{ canarystore: new MemoryCanaryStore() }, 'canarystore', 'unknown option; did you mean canaryStore?'],
    [{ canaryStore: {} }, 'canaryStore', 'expected a CanaryStore, got an object'],
    [{ canaryStore: MemoryCanaryStore }, 'canaryStore', 'expected a CanaryStore, got a function'],
    [{ logger: 'console' }, 'logger', "expected a logger, got 'console'"],
    [{ random: Math.random }, 'random', 'expected a source of chance, got a function'],
  ])('%o is refused when the gateway is made', (dependencies, path, message) => {
    expect(problems(dependencies)).toEqual([{ path, message }])
  })
})
