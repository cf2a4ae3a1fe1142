import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type Handler, setUp, startService, until } from './services.js'

const endless: Handler = (_, response) => {
  const more = () => {
    while (response.write('x'.repeat(16_384)));
  }
  response.on('drain', more)
  more()
}

it('hands the head and the body on as they come, and holds the lease until the end', async () => {
  let finish = () => undefined as unknown
  const { port } = await startService((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('one ')
    finish = () => response.end('two')
  })
  const { client, leases } = await setUp([port])
  const { status, headers, body } = await client.stream('GET', '/events')
  expect([status, headers['content-type']]).toEqual([200, 'text/event-stream'])
  const chunks = body[Symbol.asyncIterator]()
  expect(String((await chunks.next()).value)).toBe('one ')
  expect(leases).toMatchObject([{ outcomes: [] }])
  finish()
  expect(String((await chunks.next()).value)).toBe('two')
  expect((await chunks.next()).done).toBe(true)
  expect(leases).toMatchObject([{ outcomes: ['success'] }])
})

it('reads no faster than its reader', async () => {
  let sent = 0
  const { port } = await startService((_, response) => {
    const more = () => {
      while (sent < 64e6) {
        sent += 65_536
        if (!response.write('x'.repeat(65_536))) return
      }
      response.end()
    }
    response.on('drain', more)
    more()
  })
  const { client } = await setUp([port])
  const { body } = await client.stream('GET', '/')
  let before = -1
  while (before !== sent) {
    before = sent
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  expect(sent).toBeLessThan(32e6)
  let read = 0
  for await (const chunk of body) read += (chunk as Buffer).length
  expect(read).toBeGreaterThanOrEqual(64e6)
})

it('works without a body, and with any status', async () => {
  const { port } = await startService((request, response) => response.writeHead(Number(request.url?.slice(1))).end())
  const { client, leases } = await setUp([port], { throwOnError: true })
  for (const [method, status] of [
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 404],
    ['GET', 500],
  ] as const) {
    const answer = await client.stream(method, `/${status}`)
    expect(answer.status).toBe(status)
    answer.body.resume()
    await once(answer.body, 'end')
  }
  expect(leases.map(({ outcomes }) => outcomes.join())).toEqual(['success', 'success', 'success', 'failure'])
})

describe('a body that does not end', () => {
  it('is given up when its reader destroys it', async () => {
    const { port, requests } = await startService(endless)
    const { client, leases } = await setUp([port])
    const { body } = await client.stream('GET', '/')
    await once(body, 'data')
    body.destroy()
    expect(leases).toMatchObject([{ outcomes: ['ignored'] }])
    await until(() => requests[0]?.socket.destroyed === true)
  })

  it('fails with the reason when the caller leaves, with a listener or without', async () => {
    const { port, requests } = await startService(endless)
    const { client, leases } = await setUp([port])
    const caller = new AbortController()
    const { body } = await client.stream('GET', '/', { signal: caller.signal })
    const { body: unheard } = await client.stream('GET', '/', { signal: caller.signal })
    const failed = once(body, 'error')
    caller.abort(new Error('gone'))
    expect(await failed).toMatchObject([{ message: 'gone' }])
    expect(unheard.destroyed).toBe(true)
    expect(leases).toMatchObject([{ outcomes: ['ignored'] }, { outcomes: ['ignored'] }])
    await until(() => requests.every(({ socket }) => socket.destroyed))
  })

  it('is not ended by the timeout of the call', async () => {
    const { port } = await startService((_, response) => {
      response.write('first')
      setTimeout(() => response.end('last'), 80)
    })
    const { client } = await setUp([port], { timeout: 60 })
    const { body } = await client.stream('GET', '/')
    expect(Buffer.concat(await body.toArray()).toString()).toBe('firstlast')
  })

  it.each([
    [
      'breaks off',
      'SERVICE_CONNECTION_LOST',
      (_: unknown, response: { destroy(): unknown }) => void setTimeout(() => response.destroy(), 20),
    ],
    ['pauses for too long', 'SERVICE_CONNECTION_LOST', () => undefined],
  ])('fails when the instance %s', async (_name, code, then) => {
    const { port } = await startService((request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('part')
      then(request, response)
    })
    const { client, leases } = await setUp([port], { idleTimeout: 1_000 })
    const { body } = await client.stream('GET', '/')
    await expect(body.toArray()).rejects.toMatchObject({ code, service: 'users' })
    expect(leases).toMatchObject([{ outcomes: ['failure'] }])
  })
})

it('retries until there is a head, and not after it', async () => {
  const [bad, short] = await Promise.all([
    startService((_, response) => response.writeHead(503).end('x'.repeat(300_000))),
    startService((_, response) => void response.writeHead(200).write('part', () => setTimeout(() => response.destroy(), 20))),
  ])
  const { client, leases } = await setUp([bad.port, short.port])
  const { status, body } = await client.stream('GET', '/')
  expect(status).toBe(200)
  await expect(body.toArray()).rejects.toMatchObject({ code: 'SERVICE_CONNECTION_LOST' })
  expect([bad.requests.length, short.requests.length]).toEqual([1, 1])
  await until(() => leases.every(({ outcomes }) => outcomes.join() === 'failure'))
})
