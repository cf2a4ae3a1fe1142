/**
 * Mutation testing: changes the code in small ways and looks whether a test notices. `pnpm mutation` in the repository's root runs it, and
 * `pnpm mutation --mutate 'packages/resilience/src/circuit-breaker/*-window.ts'` a part of it.
 */
export default {
  testRunner: 'vitest',
  // Found by name, since pnpm does not put plugins where Stryker looks for them.
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'packages/resilience/vitest.mutation.config.ts' },
  mutate: [
    'packages/resilience/src/circuit-breaker/*.ts',
    'packages/resilience/src/retry/*.ts',
    'packages/resilience/src/rate-limiter/*meter*.ts',
    'packages/resilience/src/**/waiting-line.ts',
    '!**/*.{test,fixture}.ts',
  ],
  ignorePatterns: [
    'dist',
    'bench',
    'docs',
    'examples',
    'reports',
    'packages/discovery',
    'packages/gateway',
    '.changeset',
    '.ci',
    'scripts',
  ],
  // vitest checks no types.
  disableTypeChecks: false,
  concurrency: 2,
  // A mutated constant of a module would need a fresh process for each test.
  ignoreStatic: true,
  reporters: ['clear-text', 'html', 'json'],
  htmlReporter: { fileName: 'reports/mutation.html' },
  jsonReporter: { fileName: 'reports/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  tempDirName: 'reports/stryker-tmp',
  thresholds: { high: 95, low: 85, break: 85 },
}
