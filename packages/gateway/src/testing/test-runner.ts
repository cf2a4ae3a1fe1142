/** The two functions of a test runner that a contract needs; those of vitest, jest, mocha and `node:test` fit. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>): unknown
}
