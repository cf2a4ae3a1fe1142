/** Fields that a copy goes without: whose credentials they are did not ask for a second call; the rest belongs to the client's connection. */
const dropped = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'content-length',
])

/** The request's fields for its copy, which says that it is one. */
export function mirrorHead(rawHeaders: readonly string[]): string[] {
  const head = ['X-Shadow', '1']
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (!dropped.has(name.toLowerCase())) head.push(name, rawHeaders[i + 1] as string)
  }
  return head
}
