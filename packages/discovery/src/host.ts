import { isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'

/** Without brackets; `undefined` when it is neither a name nor an address. */
export function hostOf(text: string): string | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  if (isIPv6(bare)) return bare
  return text !== '' && !/[[\]:/\\?#@\s%]/.test(text) && domainToASCII(text) !== '' ? text : undefined
}
