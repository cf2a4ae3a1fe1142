import { getEventListeners, setMaxListeners } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { withDeadline } from '@hazeljs/resilience'
import { DiscoveryClient, MemoryRegistryBackend, ServiceClient } from '@hazeljs/discovery'
import { afterTest, type Handler, json, setUp, startService, until } from './services.js'

const silent: Handler = () => undefined
const halfABody: Handler = (_, response) => response.writeHead(200, { 'content-length': '9' }).write('half')

describe.each([
  ['before the head', silent],
  ['in the middle of the body', halfABody],
])('a caller who leaves %s', (_name, handler) => {
  it('ends the connection at once, and it is nobody’s failure', async () => {
    const { port, requests } = await startService(handler)
    const { client, leases } = await setUp([port])
    const caller = new AbortController()
    const call = client.get('/', { signal: caller.signal })
    await until(() => requests.length === 1)
    const closed = new Promise((resolve) => requests[0]?.socket.once('close', resolve))
    const gone = new Error('gone')
    caller.abort(gone)
    await expect(call).rejects.toBe(gone)
    await closed
    expect(leases).toMatchObject([{ outcomes: ['ignored'] }])
  })
})

it('makes no call for a caller who has left', async () => {
  const { port, requests } = await startService((_, response) => response.end())
  const { client, leases } = await setUp([port])
  await expect(client.get('/', { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
  expect([requests, leases]).toEqual([[], []])
})

it('ends a pause between attempts at once', async () => {
  const { port, requests } = await startService((_, response) => response.writeHead(503).end())
  const caller = new AbortController()
  const onRetry = () => setImmediate(() => caller.abort('gone'))
  const { client } = await setUp([port], { retryDelay: 60_000, timeout: '10m', retry: { jitter: 'none', onRetry } })
  await expect(client.get('/', { signal: caller.signal })).rejects.toBe('gone')
  expect(requests).toHaveLength(1)
})

it('sends nothing of a call that was given up while its connection was made', async () => {
  const { port, requests, server } = await startService((_, response) => json(response, 1))
  let connections = 0
  server.on('connection', () => connections++)
  const { client, discovery, leases } = await setUp([port])
  await discovery.getInstances('users')
  const caller = new AbortController()
  const call = client.post('/given-up', {}, { signal: caller.signal })
  // The request is handed over, and no turn of the event loop, in which its connection would be made, has passed.
  for (let step = 0; step < 100; step++) await Promise.resolve()
  caller.abort('gone')
  await expect(call).rejects.toBe('gone')
  expect(leases).toMatchObject([{ outcomes: ['ignored'] }])
  await until(() => connections === 1)
  expect((await client.get('/next')).status).toBe(200)
  expect(requests.map(({ url }) => url)).toEqual(['/next'])
  expect(connections).toBe(1)
})

it('leaves no listener on a signal that outlives its calls', async () => {
  const { port } = await startService((request, response) =>
    request.url === '/bad' ? request.socket.resetAndDestroy() : json(response, 1),
  )
  const { client } = await setUp([port], { hedge: { delay: 1 }, circuitBreaker: true, attemptTimeout: '5s', retries: 1 })
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      await client.get(index % 2 === 0 ? '/' : '/bad', { signal }).catch(() => undefined)
      const { body } = await client.stream('GET', '/', { signal }).catch(() => ({ body: undefined }))
      await body?.toArray()
    }),
  )
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

describe('timeout', () => {
  it('is for all attempts together, and ends the connection', async () => {
    const { port, requests } = await startService(silent)
    const { client, leases } = await setUp([port], { timeout: 50 })
    const call = client.get('/')
    await until(() => requests.length === 1)
    const closed = new Promise((resolve) => requests[0]?.socket.once('close', resolve))
    await expect(call).rejects.toMatchObject({ code: 'TIMEOUT', timeoutMs: 50, message: 'The call to users took longer than 50 ms' })
    await closed
    expect(leases).toMatchObject([{ outcomes: ['failure'] }])
  })

  it('of a call goes before', async () => {
    const { port } = await startService(silent)
    const { client } = await setUp([port])
    await expect(client.get('/', { timeout: '30ms' })).rejects.toMatchObject({
      code: 'TIMEOUT',
      timeoutMs: 30,
      message: 'The call to users took longer than 30 ms',
    })
  })

  it('of an attempt sends the call to another instance', async () => {
    const [slow, fast] = await Promise.all([startService(silent), startService((_, response) => json(response, 'fast'))])
    const { client, leases } = await setUp([slow.port, fast.port], { attemptTimeout: 50 })
    expect((await client.get('/')).data).toBe('fast')
    expect(leases.map(({ outcomes }) => outcomes.join())).toEqual(['failure', 'success'])
    await expect(client.post('/', {}, { exclude: [`users:127.0.0.1:${fast.port}`] })).rejects.toMatchObject({
      code: 'TIMEOUT',
      timeoutMs: 50,
    })
  })

  it('cuts a late attempt short without blaming its instance', async () => {
    const [bad, slow] = await Promise.all([startService((request) => request.socket.resetAndDestroy()), startService(silent)])
    const { client, leases } = await setUp([bad.port, slow.port], { timeout: 200 })
    await expect(client.get('/')).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(leases.map(({ port, outcomes }) => [port, outcomes.join()])).toEqual([
      [bad.port, 'failure'],
      [slow.port, 'ignored'],
    ])
  })

  it('blames no instance that waits for the rest of the caller’s own stream, but one that does not read it', async () => {
    const reading = await startService((request) => void request.resume())
    const deaf = await startService(silent)
    const stalled = Readable.from(
      (async function* () {
        yield Buffer.from('some')
        await new Promise(() => undefined)
      })(),
    )
    const much = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536)
      })(),
    )
    const { client, leases } = await setUp([reading.port, deaf.port], { timeout: 60 })
    await expect(client.put('/', stalled)).rejects.toMatchObject({ code: 'TIMEOUT' })
    await expect(client.put('/', much, { exclude: [`users:127.0.0.1:${reading.port}`] })).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(leases.map(({ outcomes }) => outcomes)).toEqual([['ignored'], ['failure']])
  })

  it('covers the wait for the first listing', async () => {
    const backend = new MemoryRegistryBackend()
    backend.getInstances = () => new Promise(() => undefined)
    backend.watch = () => () => undefined
    const discovery = new DiscoveryClient({}, backend)
    const client = new ServiceClient(discovery, { serviceName: 'users', timeout: 40 })
    afterTest(() => discovery.close())
    await expect(client.get('/')).rejects.toMatchObject({ code: 'TIMEOUT' })
    const caller = new AbortController()
    const call = client.get('/', { signal: caller.signal, timeout: '1h' })
    setImmediate(() => caller.abort('gone'))
    await expect(call).rejects.toBe('gone')
  })

  it('is shortened by a deadline around the call', async () => {
    const { port, requests } = await startService(silent)
    const { client } = await setUp([port])
    await expect(withDeadline(50, () => client.get('/'))).rejects.toMatchObject({
      code: 'TIMEOUT',
      timeoutMs: 50,
    })
    const socket = requests[0]?.socket
    await until(() => socket?.destroyed !== false)
  })
})
