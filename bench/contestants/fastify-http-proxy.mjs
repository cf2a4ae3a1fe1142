// @fastify/http-proxy with its defaults.
import httpProxy from '@fastify/http-proxy'
import fastify from 'fastify'
import { KEEP_ALIVE_MS, port, ready, upstream } from './environment.mjs'

const app = fastify({ logger: false, keepAliveTimeout: KEEP_ALIVE_MS })
app.register(httpProxy, {
  upstream: `http://${upstream}`,
  prefix: '/api',
  rewritePrefix: '/api',
  disableRequestLogging: true,
  undici: { connections: 128, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: 2 * KEEP_ALIVE_MS },
})
await app.listen({ port, host: '127.0.0.1' })
ready()
