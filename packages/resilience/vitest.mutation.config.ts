import { defineConfig } from 'vitest/config'
import { projects } from '../../vitest.workspace.js'

const resilience = projects.find(({ test }) => test?.name === 'resilience')

/** The tests of what is mutated alone: others take long, for they run documents and processes, and kill no mutant that these do not. */
export default defineConfig({
  ...resilience,
  test: {
    ...resilience?.test,
    include: ['src/{circuit-breaker,retry,rate-limiter,bulkhead}/**/*.test.ts', 'test/*-breaker.test.ts'],
  },
})
