// fast-gateway as its README shows; its proxy keeps connections alive by default. `disableQsOverwrite` spares it rebuilding every query string.
import gateway from 'fast-gateway'
import { KEEP_ALIVE_MS, port, ready, upstream } from './environment.mjs'

const app = gateway({ routes: [{ prefix: '/api', prefixRewrite: '/api', target: `http://${upstream}`, disableQsOverwrite: true }] })
const server = await app.start(port, '127.0.0.1')
server.keepAliveTimeout = KEEP_ALIVE_MS
ready()
