import { type KubernetesApiServer } from '@hazeljs/discovery/testing'
import { describe, expect, it } from 'vitest'
import { patience, startServer } from './cluster.fixture.js'
import { slice } from './slices.fixture.js'

const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'

interface Answer {
  readonly kind?: string
  readonly reason?: string
  readonly message?: string
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string; readonly remainingItemCount?: number }
  readonly items?: readonly { readonly metadata: { readonly name: string } }[]
}

async function get(
  server: KubernetesApiServer,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Answer }> {
  const response = await fetch(server.url + path, { headers })
  return { status: response.status, body: (await response.json()) as Answer }
}

/** The events of a watch as `TYPE name revision`, until it is ended after `forMs`, or by itself. */
async function watch(server: KubernetesApiServer, query: string, forMs = 0): Promise<string[]> {
  const response = await fetch(`${server.url}${slices}?watch=1&${query}`)
  setTimeout(() => server.endStreams(), forMs)
  const text = await response.text()
  const lines = text.trim() === '' ? [] : text.trim().split('\n')
  return lines.map((line) => {
    const { type, object } = JSON.parse(line) as { type: string; object: Answer & { metadata: { name?: string } } }
    return [type, object.metadata.name ?? object.reason, object.metadata.resourceVersion ?? object.message].join(' ').trim()
  })
}

describe('KubernetesApiServer', () => {
  it('says what it has', async () => {
    const server = await startServer()
    expect((await get(server, '/version')).body).toMatchObject({ gitVersion: 'v1.32.0' })
    expect((await get(server, '/api')).body.kind).toBe('APIVersions')
    expect((await get(server, '/apis')).body.kind).toBe('APIGroupList')
    expect((await get(server, '/apis/discovery.k8s.io')).body.kind).toBe('APIGroup')
    expect((await get(server, '/apis/discovery.k8s.io/v1')).body).toMatchObject({ resources: [{ name: 'endpointslices' }] })
    expect(await get(server, '/apis/apps/v1')).toMatchObject({ status: 404, body: { kind: 'Status', reason: 'NotFound' } })
  })

  it('lists page by page in one revision', async () => {
    const server = await startServer()
    for (const name of ['b', 'a', 'c']) server.put(slice(name, []))
    const first = (await get(server, `${slices}?limit=2`)).body
    server.put(slice('d', []))
    server.delete('c')
    const rest = (await get(server, `${slices}?limit=2&continue=${first.metadata?.continue}`)).body
    expect(first.items?.map(({ metadata }) => metadata.name)).toEqual(['a', 'b'])
    expect(first.metadata?.remainingItemCount).toBe(1)
    expect(rest.items?.map(({ metadata }) => metadata.name)).toEqual(['c'])
    expect(rest.metadata).toEqual({ resourceVersion: first.metadata?.resourceVersion })
    expect((await get(server, `${slices}?limit=1&resourceVersion=0`)).body.items).toHaveLength(3)
    server.compact()
    expect(await get(server, `${slices}?continue=${first.metadata?.continue}`)).toMatchObject({ status: 410, body: { reason: 'Expired' } })
  })

  it('refuses a revision that is not there yet', async () => {
    const server = await startServer()
    expect(await get(server, `${slices}?resourceVersion=99`)).toMatchObject({
      status: 504,
      body: { message: expect.stringMatching(/^Too large/) as string },
    })
    expect(await get(server, `${slices}?resourceVersion=abc`)).toMatchObject({ status: 400 })
  })

  it('watches from a revision, from any, and not from one that is forgotten', async () => {
    const server = await startServer()
    const { resourceVersion } = server.put(slice('a', [])).metadata
    server.put(slice('a', ['10.0.0.1']))
    server.put(slice('b', [], {}, 'users'))
    server.delete('a')
    const labels = 'labelSelector=kubernetes.io/service-name=orders'
    const after = Number(resourceVersion)
    expect(await watch(server, `resourceVersion=${resourceVersion}&${labels}`)).toEqual([
      `MODIFIED a ${after + 1}`,
      `DELETED a ${after + 3}`,
    ])
    expect(await watch(server, '')).toEqual([`ADDED b ${after + 2}`])
    server.compact()
    expect(await watch(server, `resourceVersion=${resourceVersion}`)).toEqual([
      `ERROR Expired too old resource version: ${after} (${after + 3})`,
    ])
    expect(await get(server, `${slices}?watch=true&sendInitialEvents=true`)).toMatchObject({ status: 422 })
  })

  it('tells who moves into a selector as added, and who moves out as deleted', async () => {
    const server = await startServer()
    const { resourceVersion } = server.put(slice('a', [], {}, 'users')).metadata
    server.put(slice('a', [], {}, 'orders'))
    server.put(slice('a', [], {}, 'users'))
    const events = await watch(server, `resourceVersion=${resourceVersion}&labelSelector=kubernetes.io/service-name=orders`)
    expect(events.map((event) => event.replace(/\d+$/, '').trim())).toEqual(['ADDED a', 'DELETED a'])
  })

  it('ends a watch when its time is over', async () => {
    const server = await startServer()
    const startedMs = performance.now()
    await (await fetch(`${server.url}${slices}?watch=1&timeoutSeconds=1`)).text()
    expect(performance.now() - startedMs).toBeGreaterThan(990)
  })

  it('sends bookmarks to whoever wants them', async () => {
    const server = await startServer({ bookmarkInterval: 20 })
    const { resourceVersion } = server.put(slice('a', [])).metadata
    const from = `resourceVersion=${resourceVersion}`
    expect((await watch(server, `${from}&allowWatchBookmarks=true`, 200))[0]).toBe(`BOOKMARK  ${resourceVersion}`)
    expect(await watch(server, from, 200)).toEqual([])
  })

  it('knows who may do what', async () => {
    const server = await startServer({ token: 'all' })
    server.allow('some', ['get'])
    const as = (token: string) => ({ Authorization: `Bearer ${token}` })
    expect(await get(server, slices)).toMatchObject({ status: 401, body: { kind: 'Status', reason: 'Unauthorized' } })
    expect(await get(server, slices, as('nobody'))).toMatchObject({ status: 401 })
    expect(await get(server, slices, as('some'))).toMatchObject({ status: 403, body: { reason: 'Forbidden' } })
    expect(await get(server, `${slices}?watch=true`, as('some'))).toMatchObject({
      status: 403,
      body: { message: expect.stringMatching(/cannot watch/) as string },
    })
    expect(await get(server, slices, as('all'))).toMatchObject({ status: 200 })
    server.revoke('all')
    expect(await get(server, slices, as('all'))).toMatchObject({ status: 401 })
  })

  it('patches, and refuses what is no slice', async () => {
    const server = await startServer()
    server.put(slice('a', ['10.0.0.1']))
    const send = async (method: string, path: string, body: unknown, type = 'application/json') =>
      (
        await fetch(server.url + path, {
          method,
          body: typeof body === 'string' ? body : JSON.stringify(body),
          headers: { 'Content-Type': type },
        })
      ).status
    const patch = { metadata: { labels: { x: 'y', 'kubernetes.io/service-name': null } } }
    expect(await send('PATCH', `${slices}/a`, patch, 'application/merge-patch+json')).toBe(200)
    expect(server.slices[0]?.metadata.labels).toEqual({ x: 'y' })
    expect(await send('PATCH', `${slices}/a`, patch, 'application/strategic-merge-patch+json')).toBe(415)
    expect(await send('POST', slices, { metadata: {} })).toBe(422)
    expect(await send('POST', slices, { metadata: { name: 'x' } })).toBe(422)
    expect(await send('POST', slices, '{')).toBe(400)
    expect(await send('PUT', `${slices}/a`, { metadata: { name: 'b' }, addressType: 'IPv4' })).toBe(400)
    expect(await send('DELETE', slices, {})).toBe(405)
  })

  it('is away between kill and restart, and forgets the changes before, but no slice', async () => {
    const server = await startServer()
    const { url } = server
    const { resourceVersion } = server.put(slice('a', [])).metadata
    server.put(slice('b', []))
    await server.kill()
    await expect(get(server, slices)).rejects.toThrow()
    await server.restart()
    expect(server.url).toBe(url)
    expect((await get(server, slices)).body.items).toHaveLength(2)
    expect((await watch(server, `resourceVersion=${resourceVersion}`))[0]).toMatch(/^ERROR Expired/)
  })

  it('answers nothing while it is frozen', async () => {
    const server = await startServer()
    server.freeze()
    let answered = false
    const answer = get(server, slices).then(() => (answered = true))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(answered).toBe(false)
    server.thaw()
    await expect.poll(() => answered, patience).toBe(true)
    await answer
  })
})
