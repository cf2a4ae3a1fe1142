import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { silentLogger } from '@hazeljs/core'
import express from 'express'
import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { createGatewayHandler, GatewayServer, type NodeHandler } from '../../src/index.js'
import { afterTest, MemoryRegistryBackend, register, send, startUpstream } from '../harness.js'

/** How docs/guides/five-minutes.md puts a gateway into each server. Each gives the port it listens on. */
const hosts: Readonly<Record<string, (handle: NodeHandler) => Promise<number>>> = {
  'node:http': (handle) => listen(createServer(handle)),
  Express: (handle) => {
    const app = express()
    app.use('/api', handle)
    app.get('/', (_request, response) => void response.send('Home'))
    return listen(createServer(app))
  },
  Fastify: async (handle) => {
    const app = fastify()
    app.get('/', () => 'Home')
    await app.register(async (api) => {
      api.removeAllContentTypeParsers()
      api.addContentTypeParser('*', (_request, _payload, done) => done(null))
      api.all('/api/*', (request, reply) => {
        reply.hijack()
        handle(request.raw, reply.raw)
      })
    })
    afterTest(() => app.close())
    await app.listen({ port: 0, host: '127.0.0.1' })
    return (app.server.address() as AddressInfo).port
  },
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function embed(name: string): Promise<number> {
  const backend = new MemoryRegistryBackend()
  const { port } = await startUpstream((request, response) => {
    response.setHeader('X-Asked', `${request.method ?? ''} ${request.url ?? ''}`)
    request.pipe(response)
  })
  await register(backend, 'user-service', port)
  const config = { routes: [{ path: '/api/users/**', serviceName: 'user-service' }] }
  const gateway = GatewayServer.fromConfig(config, backend, { logger: silentLogger })
  afterTest(() => gateway.stop())
  return (hosts[name] as (handle: NodeHandler) => Promise<number>)(createGatewayHandler(gateway))
}

describe.each(Object.keys(hosts))('a gateway in %s', (name) => {
  it('sees the whole path and the query', async () => {
    const { status, headers } = await send(await embed(name), '/api/users/7?full=1')
    expect([status, headers['x-asked']]).toEqual([200, 'GET /api/users/7?full=1'])
  })

  it('passes bodies on as they are, also those that the server would parse', async () => {
    const port = await embed(name)
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'image/png']) {
      const body = '{ "name":  "Ada" }'
      const answer = await send(port, '/api/users', { method: 'POST', headers: { 'Content-Type': type }, body })
      expect(answer).toMatchObject({ status: 200, text: body })
    }
  })

  it('answers for itself where no route matches', async () => {
    expect((await send(await embed(name), '/api/nothing')).status).toBe(404)
  })
})

it.each(['Express', 'Fastify'])('%s goes on serving other paths', async (name) => {
  expect(await send(await embed(name), '/')).toMatchObject({ status: 200, text: 'Home' })
})
