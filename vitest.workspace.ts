import { fileURLToPath } from 'node:url'
import type { TestProjectInlineConfiguration } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./packages/${path}`, import.meta.url))

/** Tests read the packages' sources, so a test never runs against a stale build; packed tarballs have tests of their own. */
const alias = {
  '@hazeljs/core/testing': source('core/src/testing/index.ts'),
  '@hazeljs/core': source('core/src/index.ts'),
  '@hazeljs/resilience/redis': source('resilience/src/redis/index.ts'),
  '@hazeljs/resilience/testing': source('resilience/src/testing/index.ts'),
  '@hazeljs/resilience': source('resilience/src/index.ts'),
  '@hazeljs/discovery/testing': source('discovery/src/testing/index.ts'),
  '@hazeljs/discovery': source('discovery/src/index.ts'),
  '@hazeljs/gateway/redis': source('gateway/src/redis/index.ts'),
  '@hazeljs/gateway/testing': source('gateway/src/testing/index.ts'),
  '@hazeljs/gateway': source('gateway/src/index.ts'),
}

const project = (name: string, folder: string, include = ['src/**/*.test.ts', 'test/**/*.test.ts']): TestProjectInlineConfiguration => ({
  resolve: { alias },
  test: {
    name,
    root: fileURLToPath(new URL(folder, import.meta.url)),
    include,
    // Real servers and sockets on a busy machine: CI tries a test that failed once more. By hand, every failure shows.
    retry: process.env.CI === 'true' ? 1 : 0,
    setupFiles: fileURLToPath(new URL('./vitest.setup.ts', import.meta.url)),
  },
})

/** One project a package; `vitest.config.ts` hands this list to vitest. */
export const projects: TestProjectInlineConfiguration[] = [
  project('core', './packages/core'),
  project('resilience', './packages/resilience'),
  project('discovery', './packages/discovery'),
  project('gateway', './packages/gateway'),
  project('starter', './examples/gateway-starter'),
  project('test-servers', './test-servers'),
  project('scripts', './scripts', ['*.test.mjs']),
]
