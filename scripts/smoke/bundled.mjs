// Bundled with tree shaking: one export is used, and it has nothing to do with metadata.
import { durationMs } from '@hazeljs/core'

if (durationMs('1s') !== 1_000) throw new Error('the bundle computes something else')
if (typeof Symbol.metadata !== 'symbol') throw new Error('tree shaking dropped the definition of Symbol.metadata')
