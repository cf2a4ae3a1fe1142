// httpxy as its README shows; it keeps connections alive by default.
import http from 'node:http'
import { createProxyServer } from 'httpxy'
import { KEEP_ALIVE_MS, port, ready, upstream } from './environment.mjs'

const proxy = createProxyServer({ target: `http://${upstream}` })
const server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, async (req, res) => {
  try {
    await proxy.web(req, res)
  } catch {
    if (!res.headersSent) res.writeHead(502)
    res.end()
  }
})
server.listen(port, '127.0.0.1', ready)
