import { createRequire } from 'node:module'
import type * as zod from 'zod'

export type Zod = typeof zod

/** Loads zod now, not with the package: decision 0002 has the numbers. Node keeps one copy, so later calls are free. */
export function loadZod(): Zod {
  return createRequire(import.meta.url)('zod') as Zod
}
