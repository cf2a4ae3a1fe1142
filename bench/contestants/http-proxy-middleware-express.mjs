// http-proxy-middleware where most people use it: on Express.
import http from 'node:http'
import express from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { KEEP_ALIVE_MS, port, ready, upstream } from './environment.mjs'

const app = express()
app.disable('x-powered-by')
app.use('/api', createProxyMiddleware({ target: `http://${upstream}/api`, agent: new http.Agent({ keepAlive: true }) }))
http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, app).listen(port, '127.0.0.1', ready)
