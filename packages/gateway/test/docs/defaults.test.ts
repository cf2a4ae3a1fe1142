import { describe, expect, it } from 'vitest'
import { MemoryRegistryBackend, register, send, startGateway, startUpstream } from '../harness.js'

async function start(serviceConfig = {}, trafficPolicy = {}) {
  const upstream = await startUpstream((request, response) => {
    response.setHeader('Set-Cookie', 'a=1; Path=/inside')
    response.setHeader('Location', '/inside/next')
    response.end(request.url)
  })
  const backend = new MemoryRegistryBackend()
  await register(backend, 'shop', upstream.port)
  const route = { path: '/shop/**', serviceName: 'shop', serviceConfig, trafficPolicy }
  return { upstream, ...(await startGateway({ routes: [route] }, backend)) }
}

describe('docs/guides/defaults.md is right that', () => {
  it('the Host is the instance’s, and forwarding is told anew', async () => {
    const { port, upstream } = await start()
    await send(port, '/shop/1', {
      headers: { Host: 'shop.example', 'X-Forwarded-For': '9.9.9.9', 'X-Forwarded-Port': '1', Forwarded: 'for=9' },
    })
    const headers = upstream.requests[0]?.headers
    expect(headers).toMatchObject({
      host: `127.0.0.1:${upstream.port}`,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'shop.example',
    })
    expect(headers).not.toHaveProperty('x-forwarded-port')
    expect(headers).not.toHaveProperty('forwarded')
  })

  it('other fields of addresses pass, unless the route removes them', async () => {
    const fields = { 'X-Real-IP': '9.9.9.9', 'True-Client-IP': '9.9.9.9' }
    const open = await start()
    await send(open.port, '/shop/1', { headers: fields })
    expect(open.upstream.requests[0]?.headers).toMatchObject({ 'x-real-ip': '9.9.9.9', 'true-client-ip': '9.9.9.9' })
    const closed = await start({}, { transform: { request: { set: { 'X-Forwarded-Prefix': '/shop' }, remove: Object.keys(fields) } } })
    await send(closed.port, '/shop/1', { headers: fields })
    expect(closed.upstream.requests[0]?.headers).not.toHaveProperty('x-real-ip')
    expect(closed.upstream.requests[0]?.headers).not.toHaveProperty('true-client-ip')
    expect(closed.upstream.requests[0]?.headers['x-forwarded-prefix']).toBe('/shop')
  })

  it('Location and Set-Cookie are not rewritten where a prefix is taken off', async () => {
    const { port } = await start({ stripPrefix: '/shop' })
    const answer = await send(port, '/shop/1')
    expect(answer).toMatchObject({ text: '/1', headers: { location: '/inside/next', 'set-cookie': ['a=1; Path=/inside'] } })
  })

  it('paths have their case, any method passes, and errors are problems whatever is accepted', async () => {
    const { port } = await start()
    expect((await send(port, '/SHOP/1')).status).toBe(404)
    expect((await send(port, '/shop/1', { method: 'PROPFIND' })).status).toBe(200)
    const page = await send(port, '/', { headers: { Accept: 'text/html' } })
    expect(page).toMatchObject({ status: 404, headers: { 'content-type': 'application/problem+json' } })
  })
})
