import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { bodyOf, json, register, setUp, startService } from './services.js'

it("runs the article's calls", async () => {
  const { port, requests } = await startService((request, response) => {
    json(response, { method: request.method, url: request.url })
  })
  const { client } = await setUp([port], { loadBalancingStrategy: 'round-robin', timeout: 5_000, retries: 3, retryDelay: 1_000 })
  expect((await client.get('/users')).data).toEqual({ method: 'GET', url: '/users' })
  expect((await client.post('/users', { name: 'John' })).data).toEqual({ method: 'POST', url: '/users' })
  expect((await client.put('/users/1', { name: 'Jane' })).status).toBe(200)
  expect((await client.delete('/users/1')).headers['content-type']).toBe('application/json')
  expect(requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'PUT', 'DELETE'])
})

it.each([
  [{ name: 'John' }, 'application/json', '{"name":"John"}'],
  [['a', 1], 'application/json', '["a",1]'],
  [null, 'application/json', 'null'],
  [0, 'application/json', '0'],
  ['text', 'text/plain; charset=utf-8', 'text'],
  [new URLSearchParams({ a: '1 2' }), 'application/x-www-form-urlencoded;charset=UTF-8', 'a=1+2'],
  [Buffer.from('bytes'), undefined, 'bytes'],
  [new Uint16Array([0x6261]), undefined, 'ab'],
  [new Uint8Array([104, 105]).buffer, undefined, 'hi'],
  [Readable.from(['one ', 'two']), undefined, 'one two'],
  [new Blob(['web']).stream(), undefined, 'web'],
  [undefined, undefined, ''],
])('sends %o as %s', async (body, contentType, text) => {
  const { port } = await startService(async (request, response) => {
    json(response, { type: request.headers['content-type'], text: await bodyOf(request) })
  })
  const { client } = await setUp([port])
  expect((await client.post('/', body)).data).toEqual({ ...(contentType && { type: contentType }), text })
})

it('sends headers of the client and of the call, the nearer ones first', async () => {
  const { port, requests } = await startService((_, response) => response.end())
  const { client } = await setUp([port], { headers: { 'X-Tenant': 'a', authorization: 'client' } })
  const headers = {
    Authorization: 'call',
    'x-list': ['1', '2'],
    'x-number': 3,
    'x-none': undefined,
    'content-type': 'application/vnd.api+json',
  }
  await client.post('/', { a: 1 }, { headers })
  expect(requests[0]?.headers).toMatchObject({
    'x-tenant': 'a',
    authorization: 'call',
    'x-list': '1, 2',
    'x-number': '3',
    'content-type': 'application/vnd.api+json',
    accept: 'application/json, */*;q=0.8',
    host: `127.0.0.1:${port}`,
  })
  expect(requests[0]?.rawHeaders.filter((name) => /^(authorization|content-type|x-none)$/i.test(name))).toHaveLength(2)
})

it('adds the query to that of the path', async () => {
  const { port, requests } = await startService((_, response) => response.end())
  const { client } = await setUp([port])
  await client.get('/a', { query: { q: 'a&b c', page: 2, tag: ['x', 'y'], none: undefined, yes: true } })
  await client.get('/a?first=1', { query: new URLSearchParams('second=2') })
  await client.get('/a', { query: { none: undefined } })
  expect(requests.map(({ url }) => url)).toEqual(['/a?q=a%26b+c&page=2&tag=x&tag=y&yes=true', '/a?first=1&second=2', '/a'])
})

it('has the other methods', async () => {
  const { port, requests } = await startService((_, response) => response.setHeader('x-seen', 'yes').end('text'))
  const { client } = await setUp([port])
  const head = await client.head('/')
  expect(head.data).toBeUndefined()
  expect(head.headers['x-seen']).toBe('yes')
  await client.patch('/', { a: 1 })
  await client.request('options', '/')
  await client.request('REPORT', '/', { body: 'select' })
  expect(requests.map(({ method }) => method)).toEqual(['HEAD', 'PATCH', 'OPTIONS', 'REPORT'])
})

it('picks by key, zone, filter and exclusions of the call', async () => {
  const answers = await Promise.all(
    ['a', 'b'].map((name) => startService((_, response) => response.setHeader('content-type', 'text/plain').end(name))),
  )
  const [a, b] = answers.map(({ port }) => port) as [number, number]
  const { client, backend } = await setUp([])
  await register(backend, { port: a, tags: ['v1'], zone: 'here' })
  await register(backend, { port: b, tags: ['v2'], zone: 'there' })
  for (let i = 0; i < 3; i++) {
    expect((await client.get('/', { filter: { tags: ['v2'] } })).data).toBe('b')
    expect((await client.get('/', { exclude: [`users:127.0.0.1:${b}`] })).data).toBe('a')
  }
  await expect(client.get('/', { filter: { tags: ['v3'] } })).rejects.toMatchObject({
    code: 'NO_INSTANCE',
    message: "No instance of 'users' is UP: 2 known, of which 0 match the filter",
  })
})

it('calls instances on IPv6', async () => {
  const { port } = await startService((_, response) => json(response, 'six'), '::1')
  const { client, backend } = await setUp([])
  await register(backend, { host: '::1', port })
  expect((await client.get('/')).data).toBe('six')
})
