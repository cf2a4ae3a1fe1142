import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ServiceError } from '@hazeljs/discovery'
import { json, setUp, startService, until } from './services.js'

async function dataOf(answer: (response: ServerResponse) => void): Promise<unknown> {
  const { port } = await startService((_, response) => answer(response))
  const { client } = await setUp([port])
  return (await client.get('/')).data
}

describe('data', () => {
  it.each([
    ['application/json', '{"a":1}', { a: 1 }],
    ['application/problem+json; charset=utf-8', '\ufeff{"title":"ü"}', { title: 'ü' }],
    ['Application/JSON', 'null', null],
    ['text/html', '<p>ü', '<p>ü'],
    ['text/plain; charset=made-up', 'a', 'a'],
    ['application/jsonlines', '{}', Buffer.from('{}')],
    ['application/octet-stream', 'ab', Buffer.from('ab')],
    ['application/json', '', undefined],
  ])('of %s %s', async (type, body, data) => {
    expect(await dataOf((response) => response.setHeader('content-type', type).end(body))).toEqual(data)
  })

  it('in the charset that the answer says', async () => {
    const latin1 = (response: ServerResponse) =>
      response.setHeader('content-type', 'text/plain; charset="ISO-8859-1"').end(Buffer.from([0xfc]))
    expect(await dataOf(latin1)).toBe('ü')
  })

  it('is a Buffer where there is no type, and where it is compressed', async () => {
    expect(await dataOf((response) => response.end('ab'))).toEqual(Buffer.from('ab'))
    const zipped = gzipSync('{"a":1}')
    const zip = (response: ServerResponse) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(zipped)
    expect(await dataOf(zip)).toEqual(zipped)
  })

  it('is undefined without a body', async () => {
    expect(await dataOf((response) => response.writeHead(204, { 'content-type': 'application/json' }).end())).toBeUndefined()
    expect(
      await dataOf((response) => response.writeHead(304, { 'content-type': 'application/json', 'content-length': '12' }).end()),
    ).toBeUndefined()
  })

  it('comes in chunks, too', async () => {
    const inChunks = (response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"a":')
      setImmediate(() => response.end('1}'))
    }
    expect(await dataOf(inChunks)).toEqual({ a: 1 })
  })
})

it('resolves with every status, and keeps fields that came several times', async () => {
  const { port } = await startService((request, response) => {
    response.setHeader('set-cookie', ['a=1', 'b=2'])
    json(response, 'x', Number(request.url?.slice(1)))
  })
  const { client, leases } = await setUp([port])
  for (const status of [200, 302, 404, 429, 500]) {
    expect(await client.get(`/${status}`)).toMatchObject({ status, data: 'x', headers: { 'set-cookie': ['a=1', 'b=2'] } })
  }
  expect(leases.map(({ outcomes }) => outcomes.join())).toEqual(['success', 'success', 'success', 'success', 'failure'])
})

describe('throwOnError', () => {
  it('rejects with the answer', async () => {
    const { port } = await startService((_, response) => json(response, { title: 'gone' }, 410))
    const { client } = await setUp([port], { throwOnError: true })
    const error = await client.get('/a?secret=1').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ServiceError)
    expect(error).toMatchObject({
      code: 'SERVICE_STATUS',
      message: "GET /a of 'users' was answered with 410",
      status: 410,
      response: { status: 410, data: { title: 'gone' } },
    })
    expect((await client.get('/', { throwOnError: false })).status).toBe(410)
  })

  it('is asked for by a call, too', async () => {
    const { port } = await startService((request, response) => json(response, 1, request.url === '/bad' ? 400 : 399))
    const { client } = await setUp([port])
    await expect(client.get('/bad', { throwOnError: true })).rejects.toMatchObject({ code: 'SERVICE_STATUS' })
    expect((await client.get('/good', { throwOnError: true })).status).toBe(399)
  })
})

it('says so where the JSON is none', async () => {
  const { port } = await startService((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('<html>'))
  const { client, leases } = await setUp([port])
  const error = await client.get('/').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'SERVICE_RESPONSE_INVALID', status: 200, callRan: true, service: 'users' })
  expect((error as Error).message).toMatch(/^'users' answered with 200 and a body that is not the JSON it says it is: /)
  expect((error as Error).cause).toBeInstanceOf(SyntaxError)
  expect(leases).toMatchObject([{ outcomes: ['success'] }])
})

it.each([
  ['a length', (response: ServerResponse) => response.end('x'.repeat(101))],
  [
    'chunks',
    (response: ServerResponse) => {
      response.write('x'.repeat(60))
      response.write('x'.repeat(60))
    },
  ],
])('reads no more than maxResponseBytes, with %s', async (_name, answer) => {
  const { port, requests } = await startService((request, response) => {
    if (request.url === '/fits') response.end('x'.repeat(100))
    else answer(response)
  })
  const { client, leases } = await setUp([port], { maxResponseBytes: 100 })
  expect((await client.get<Buffer>('/fits')).data).toHaveLength(100)
  await expect(client.get('/')).rejects.toMatchObject({
    code: 'SERVICE_RESPONSE_TOO_LARGE',
    message: `The body that users:127.0.0.1:${port} sent with status 200 is longer than 100 bytes, which is maxResponseBytes`,
  })
  expect(requests).toHaveLength(2)
  expect(leases).toMatchObject([{ outcomes: ['success'] }, { outcomes: ['success'] }])
})

it('follows no redirect', async () => {
  const { port, requests } = await startService((_, response) => response.writeHead(307, { location: '/elsewhere' }).end())
  const { client } = await setUp([port])
  expect(await client.post('/', {})).toMatchObject({ status: 307, headers: { location: '/elsewhere' } })
  expect(requests).toHaveLength(1)
})

it('passes over what comes before the answer', async () => {
  const { port } = await startService((_, response) => {
    response.writeProcessing()
    response.writeEarlyHints({ link: '</a>; rel=preload' }, () => json(response, 'answer'))
  })
  const { client } = await setUp([port])
  expect(await client.get('/')).toMatchObject({ status: 200, data: 'answer' })
})

it('takes an answer that comes before the body was sent', async () => {
  const { port } = await startService((_, response) => json(response, 'too much', 413))
  const { client, leases } = await setUp([port])
  const body = Readable.from(
    (async function* () {
      for (let chunk = 0; chunk < 10_000; chunk++) {
        await new Promise((resolve) => setImmediate(resolve))
        yield Buffer.alloc(16_384)
      }
    })(),
  )
  expect(await client.post('/', body)).toMatchObject({ status: 413, data: 'too much' })
  await until(() => body.destroyed)
  expect(leases).toMatchObject([{ outcomes: ['success'] }])
})
