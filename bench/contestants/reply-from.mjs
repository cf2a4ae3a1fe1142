// @fastify/reply-from with its defaults (undici, 128 connections), bodies passed on as streams as its sibling http-proxy does.
import replyFrom from '@fastify/reply-from'
import fastify from 'fastify'
import { KEEP_ALIVE_MS, port, ready, upstream } from './environment.mjs'

const app = fastify({ logger: false, keepAliveTimeout: KEEP_ALIVE_MS })
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
app.register(replyFrom, {
  base: `http://${upstream}/`,
  disableRequestLogging: true,
  undici: { connections: 128, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: 2 * KEEP_ALIVE_MS },
})
app.all('/api/*', (request, reply) => reply.from(request.url))
await app.listen({ port, host: '127.0.0.1' })
ready()
