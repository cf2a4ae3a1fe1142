/** How long the target, or a policy, asks to wait: the `retryAfterMs` of what was thrown, where it is a number of at least 0. */
export function retryAfterMsOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('retryAfterMs' in thrown)) return undefined
  const { retryAfterMs } = thrown
  return typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? retryAfterMs : undefined
}
