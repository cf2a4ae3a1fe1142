/** Fields that a copy goes without: whose credentials they are did not ask for a second call, and the host is another one. */
const dropped = new Set(['authorization', 'cookie', 'host', 'content-length', 'x-shadow'])

/** The fields of a request, as its instance gets them, for its copy, which says that it is one. */
export function mirrorHead(upstreamHeaders: readonly string[]): string[] {
  const head = ['X-Shadow', '1']
  for (let i = 0; i < upstreamHeaders.length; i += 2) {
    const name = upstreamHeaders[i] as string
    if (!dropped.has(name.toLowerCase())) head.push(name, upstreamHeaders[i + 1] as string)
  }
  return head
}
