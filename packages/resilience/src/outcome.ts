/**
 * The one verdict on a call, that every policy, health check, canary and metric gets. `ignored` touches no counter: the caller
 * went away, or the call says nothing about the health of its target.
 */
export type Outcome = 'success' | 'failure' | 'ignored'
