import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition, MirrorDiffEvent } from '../src/index.js'
import { MemoryRegistryBackend, register, send, startGateway, startUpstream } from './harness.js'
import { mirrorOf, startMirrored } from './mirrored.js'
import { rawClient } from './raw-http.js'

interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** Both services answer what they are told to. */
async function startPair(diff: object | true = true, options: Parameters<typeof startMirrored>[2] = {}) {
  const replies: { primary: Reply; mirror: Reply } = { primary: {}, mirror: {} }
  const answer = (side: 'primary' | 'mirror') => (_request: unknown, response: ServerResponse) => {
    const { status = 200, headers = { 'Content-Type': 'application/json' }, body = '{}' } = replies[side]
    response.writeHead(status, headers).end(body)
  }
  const shadow = await startUpstream(answer('mirror'))
  const proxy = await startMirrored(shadow.port, { diff }, { primary: answer('primary'), ...options })
  const report = () => {
    const { diff } = proxy.mirror()
    if (diff === undefined) throw new Error('The mirror compares nothing')
    return diff
  }
  /** Sends a request, and waits for the comparison. */
  const compare = async (primary: Reply, mirror: Reply, path = '/', options: Parameters<typeof send>[2] = {}) => {
    Object.assign(replies, { primary, mirror })
    const { compared, notCompared } = report()
    await send(proxy.port, path, options)
    await vi.waitFor(() => expect(report().compared + report().notCompared).toBe(compared + notCompared + 1))
    return report()
  }
  return { ...proxy, replies, report, compare, shadow }
}

describe('two answers', () => {
  it('are the same, or differ by status, by field or by place in the body', async () => {
    const { compare, mirror } = await startPair({ ignore: ['$.at'] })
    expect(await compare({ body: '{"a":1,"b":[1],"at":1}' }, { body: '{ "b": [1.0], "at": 2, "a": 1 }' })).toMatchObject({ same: 1 })
    await compare({}, { status: 500 }, '/status?secret=1')
    await compare({}, { headers: { 'Content-Type': 'application/json; charset=utf-8' } }, '/field')
    await compare({ body: '{"items":[{"n":1}]}' }, { body: '{"items":[{"n":2},{}]}' }, '/body')
    await compare({ body: '{' }, { body: '{}' }, '/no-json')
    expect(await compare({ headers: {}, body: 'x' }, { headers: {}, body: 'y' }, '/text')).toEqual({
      compared: 6,
      same: 1,
      different: 5,
      notCompared: 0,
      kinds: [
        { kind: 'body', count: 2 },
        { kind: 'status', count: 1 },
        { kind: 'header:content-type', count: 1 },
        { kind: '$.items[*].n', count: 1 },
        { kind: '$.items[*]', count: 1 },
      ],
      examples: [
        { method: 'GET', path: '/text', requestId: undefined, differences: [{ at: 'body' }] },
        { method: 'GET', path: '/no-json', requestId: undefined, differences: [{ at: 'body' }] },
        { method: 'GET', path: '/body', requestId: undefined, differences: [{ at: '$.items[0].n' }, { at: '$.items[1]' }] },
        { method: 'GET', path: '/field', requestId: undefined, differences: [{ at: 'header:content-type' }] },
        { method: 'GET', path: '/status', requestId: undefined, differences: [{ at: 'status' }] },
      ],
    })
    expect(mirror().bytes).toBe(0)
  })

  it('are compared without their compression', async () => {
    const { compare } = await startPair()
    const zipped = (text: string, level: number) => ({
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: gzipSync(text, { level }),
    })
    expect(await compare(zipped('{"a":1}', 1), { body: '{"a":1}' })).toMatchObject({ same: 1 })
    expect(await compare(zipped('{"a":1}', 9), zipped('{"a":2}', 1))).toMatchObject({ different: 1 })
    expect(await compare({ ...zipped('', 1), body: 'no gzip' }, { body: '{"a":1}' })).toMatchObject({ notCompared: 1 })
    const broken = { headers: { 'Content-Type': 'text/plain', 'Content-Encoding': 'br, gzip' }, body: '{"a":1}' }
    expect(await compare(broken, { body: '{"a":1}' })).toMatchObject({ different: 2, notCompared: 1 })
    expect(await compare(zipped(JSON.stringify('x'.repeat(70_000)), 9), {})).toMatchObject({ compared: 3, notCompared: 2 })
  })

  it('are not said to be the same where a body is too long to tell', async () => {
    const { compare, mirror } = await startPair({ maxBodyBytes: 10 })
    expect(await compare({ body: '"12345678901"' }, { body: '"1"' })).toMatchObject({ compared: 0, notCompared: 1 })
    expect(await compare({ body: '"1"' }, { body: '"12345678901"' })).toMatchObject({ compared: 0, notCompared: 2 })
    expect(await compare({ body: '"12345678901"' }, { status: 500 })).toMatchObject({ different: 1, notCompared: 2 })
    expect(mirror().bytes).toBe(0)
  })

  it('are compared by their bytes where these are no UTF-8, and JSON would read them as the same', async () => {
    const { compare } = await startPair()
    const latin = (name: string) => ({ body: Buffer.from(`{"name":"${name}"}`, 'latin1') })
    expect((await compare(latin('Ren\xe9'), latin('Ren\xe8'))).kinds).toEqual([{ kind: 'body', count: 1 }])
    expect(await compare(latin('Ren\xe9'), latin('Ren\xe9'))).toMatchObject({ same: 1, different: 1 })
  })

  it('are compared by what is asked for alone', async () => {
    const { compare } = await startPair({ status: false, headers: ['X-Kept'], body: 'json' })
    const text = { 'Content-Type': 'text/plain' }
    expect(await compare({ headers: text, body: 'a' }, { status: 201, headers: text, body: 'b' })).toMatchObject({ same: 1 })
    expect(await compare({}, { headers: { ...text, 'X-Kept': '1' }, body: '' })).toMatchObject({
      kinds: [
        { kind: 'header:x-kept', count: 1 },
        { kind: 'body', count: 1 },
      ],
    })
  })

  it('are none of which one only says that nothing has changed', async () => {
    const { compare } = await startPair()
    const cached = { headers: { 'If-None-Match': '"a"' } }
    expect(await compare({ status: 304, headers: {}, body: '' }, {}, '/', cached)).toMatchObject({ compared: 0, notCompared: 1 })
  })

  it('to HEAD have no bodies', async () => {
    const { compare } = await startPair()
    expect(await compare({}, {}, '/', { method: 'HEAD' })).toMatchObject({ same: 1 })
  })

  it('are those of the services, before the route’s edits and functions', async () => {
    const transform = { response: { set: { 'Content-Type': 'text/plain' }, body: () => 'changed' } }
    const { compare, port } = await startPair(true, { trafficPolicy: { transform } })
    expect(await compare({ body: '{"a":1}' }, { body: '{"a":1}' })).toMatchObject({ same: 1 })
    expect((await send(port, '/')).text).toBe('changed')
  })

  it('are compared by a function, whose mistakes are nobody’s', async () => {
    const said: (() => unknown)[] = [
      () => [],
      () => ['price', 'x'.repeat(500)],
      () => undefined,
      () => Promise.reject(new Error('late')),
      () => [1],
    ]
    const seen: unknown[] = []
    const { compare } = await startPair({
      compare: (primary: { body: Buffer }, mirror: { status: number; headers: object }) => {
        seen.push([primary.body.toString(), mirror.status, mirror.headers])
        const say = said.shift()
        if (say === undefined) throw new Error('mistake')
        return say()
      },
    })
    expect(await compare({ body: '1' }, { status: 201 })).toMatchObject({ same: 1 })
    expect(seen).toMatchObject([['1', 201, { 'content-type': 'application/json' }]])
    expect((await compare({}, {})).kinds).toEqual([
      { kind: 'price', count: 1 },
      { kind: 'x'.repeat(100), count: 1 },
    ])
    for (let i = 0; i < 4; i++) await compare({}, {})
    expect(await compare({}, {})).toMatchObject({ compared: 2, notCompared: 5 })
  })
})

it('values are told only where they are asked for, cut', async () => {
  const { compare } = await startPair({ values: true })
  const { examples } = await compare(
    { body: '{"a":{"b":1},"d":1e999}' },
    { body: JSON.stringify({ a: 'x'.repeat(200), c: null, d: null }) },
  )
  expect(examples[0]?.differences).toEqual([
    { at: '$.a', primary: '{"b":1}', mirror: `"${'x'.repeat(99)}…` },
    { at: '$.d', primary: 'Infinity', mirror: 'null' },
    { at: '$.c', primary: 'nothing', mirror: 'null' },
  ])
})

it('places are told by their ends where they lie deep or have long names', async () => {
  const { compare } = await startPair()
  const deep = (end: number) => ({ body: `${'{"a":'.repeat(5_000)}${end}${'}'.repeat(5_000)}` })
  const { kinds, examples } = await compare(deep(1), deep(2))
  expect(kinds).toEqual([{ kind: `$…${'.a'.repeat(100)}`, count: 1 }])
  expect(examples[0]?.differences).toEqual([{ at: `$…${'.a'.repeat(100)}` }])
  const named = await compare({ body: `{"${'n'.repeat(60_000)}":1}` }, { body: '{}' })
  expect(named.examples[0]?.differences).toEqual([{ at: `$…${'n'.repeat(200)}` }])
})

it('whoever listens is told of each difference, with the request’s id', async () => {
  const { compare, gateway } = await startPair(true)
  const events: MirrorDiffEvent[] = []
  gateway.on('mirror:diff', (event) => events.push(event))
  await compare({}, {})
  await compare({}, { status: 404 }, '/a?b')
  expect(events).toEqual([
    { route: '/**', service: 'shadow', method: 'GET', path: '/a', requestId: undefined, differences: [{ at: 'status' }] },
  ])
})

it('an answer that is sent again by a retry is compared as the client gets it', async () => {
  let calls = 0
  const shadow = await startUpstream((_request, response) => response.end('fine'))
  const { port, mirror } = await startMirrored(
    shadow.port,
    { diff: true },
    {
      primary: (_request, response) => (calls++ === 0 ? response.writeHead(503).end('sorry') : response.end('fine')),
      trafficPolicy: { retry: { maxAttempts: 2, baseDelay: 1 } },
    },
  )
  await send(port, '/')
  await vi.waitFor(() => expect(mirror().diff).toMatchObject({ compared: 1, same: 1 }))
})

it('a client that leaves in the middle leaves nothing to compare, and nothing behind', async () => {
  const shadow = await startUpstream((_request, response) => response.end('whole'))
  const { port, mirror } = await startMirrored(
    shadow.port,
    { diff: true },
    { primary: (_request, response) => void response.writeHead(200, { 'Content-Length': '9' }).write('half') },
  )
  const client = await rawClient(port)
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.until('half')
  await vi.waitFor(() => expect(mirror()).toMatchObject({ succeeded: 1, bytes: 9 }))
  client.socket.destroy()
  await vi.waitFor(() => expect(mirror()).toMatchObject({ bytes: 0, diff: { compared: 0, notCompared: 1 } }))
})

it('answers of a canary are copied, and not compared, whether they were asked for or not', async () => {
  const [stable, canary, shadow] = [
    await startUpstream((_request, response) => response.end('1')),
    await startUpstream((_request, response) => response.end('2')),
    await startUpstream((_request, response) => response.end('2')),
  ]
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', stable.port, { metadata: { version: '1' } })
  await register(backend, 'service', canary.port, { metadata: { version: '2' } })
  await register(backend, 'shadow', shadow.port)
  const arms = { stable: { version: '1', weight: 50 }, canary: { version: '2', weight: 50 } }
  const promotion = { strategy: 'error-rate', autoPromote: false } as const
  const ofVersion = (version: string) => ({ filter: { metadata: { version } } })
  const route: GatewayRouteDefinition = {
    path: '/**',
    serviceName: 'service',
    canary: { ...arms, promotion, override: { header: 'X-Arm' } },
    versionRoute: { strategy: 'header', defaultVersion: '1', routes: { 1: ofVersion('1'), 2: ofVersion('2') } },
    trafficPolicy: { mirror: { service: 'shadow', diff: true } },
  }
  const { gateway, port } = await startGateway({ routes: [route] }, backend)
  await vi.waitFor(() => expect(gateway.getDiscoveryClient().picker('shadow').ready).toBe(true))
  for (const arm of ['stable', 'canary', 'canary']) await send(port, '/', { headers: { 'X-Arm': arm } })
  for (const version of ['1', '2', '2']) await send(port, '/', { headers: { 'X-API-Version': version } })
  await vi.waitFor(() => expect(mirrorOf(gateway)).toMatchObject({ succeeded: 6, inFlight: 0 }))
  await vi.waitFor(() => expect(mirrorOf(gateway).diff).toMatchObject({ compared: 2, different: 2, notCompared: 0 }))
  expect(gateway.getMetrics().getSnapshot().mirrors).toHaveLength(1)
})
