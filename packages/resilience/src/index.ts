export type { Outcome } from './outcome.js'
export { CallContext, rootContext, toContext, type Call, type CallOptions, type Policy, type RetryClaim } from './policy.js'
