/**
 * Takes one off the `Max-Forwards` in a flat list of names and values, in place. `false`: it is 0, and the request goes no further
 * (RFC 9110, 7.6.2). A value that is no number stays as it is.
 */
export function forwardsOnce(headers: string[]): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1] as string
    if ((headers[i] as string).toLowerCase() !== 'max-forwards' || !/^\d+$/.test(value)) continue
    if (Number(value) === 0) return false
    headers[i + 1] = String(Math.min(Number(value), Number.MAX_SAFE_INTEGER) - 1)
  }
  return true
}
