// HAProxy as its documentation tunes a proxy: one thread, keep-alive on both sides, connections to the service shared, no log.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const config = ({ port, upstreamPort }) => `
global
  nbthread 1
  maxconn 4096
  tune.bufsize 32768
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 300s
  timeout server 300s
frontend edge
  bind 127.0.0.1:${port} backlog 1024
  use_backend service if { path_beg /api/ }
backend service
  server s1 127.0.0.1:${upstreamPort} pool-purge-delay 300s
`

/** @param {{ port: number, upstreamPort: number, folder: string }} place */
export const haproxyCommand = (place) => {
  const file = join(place.folder, 'haproxy.cfg')
  writeFileSync(file, config(place))
  return ['haproxy', ['-db', '-q', '-f', file]]
}
