import type { RegistryBackend } from '../backends/registry-backend.js'
import type { BackendHarness } from './backend-harness.js'
import type { TestRunner } from './contract.js'

/** How a part of a contract states one thing. */
export type ContractTest<H> = (name: string, body: (backend: RegistryBackend, harness: H) => Promise<void>) => void

/** Each test gets a backend of its own, which is closed afterwards, whatever came of it. */
export function contractTest<H extends BackendHarness>({ it }: TestRunner, open: () => H | Promise<H>): ContractTest<H> {
  return (name, body) =>
    void it(name, async () => {
      const harness = await open()
      try {
        await body(harness.backend, harness)
      } finally {
        await harness.backend.close?.()
        await harness.close?.()
      }
    })
}
