import { defineConfig } from 'vitest/config'
import { projects } from '../../vitest.workspace.js'

const resilience = projects.find(({ test }) => test?.name === 'resilience')

/** This package alone, without the tests that run documents and processes: they take long and kill no mutant that the others do not. */
export default defineConfig({
  ...resilience,
  test: { ...resilience?.test, include: ['src/**/*.test.ts', 'test/known-bugs*.test.ts', 'test/*model*.test.ts'] },
})
