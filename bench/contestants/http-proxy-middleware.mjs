// http-proxy-middleware on a bare node:http server. Its documentation asks for an agent: without one every request opens a connection.
import http from 'node:http'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { KEEP_ALIVE_MS, port, ready, upstream } from './environment.mjs'

const proxy = createProxyMiddleware({ target: `http://${upstream}`, agent: new http.Agent({ keepAlive: true }) })
const server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (req, res) => {
  void proxy(req, res, () => res.writeHead(404).end())
})
server.listen(port, '127.0.0.1', ready)
