import { describe, expect, it } from 'vitest'
import { json, register, setUp, startService, until } from './services.js'

it('keeps connections, one pool an instance', async () => {
  const services = await Promise.all([1, 2].map(() => startService((_, response) => json(response, 1))))
  const ports = services.map(({ port }) => port)
  const { client } = await setUp(ports, { loadBalancingStrategy: 'round-robin' })
  expect(client.openPools).toBe(0)
  for (let call = 0; call < 20; call++) await client.get('/')
  expect(client.openPools).toBe(2)
  for (const { requests } of services) {
    expect(requests).toHaveLength(10)
    expect(new Set(requests.map(({ socket }) => socket)).size).toBe(1)
  }
})

it('closes those of an instance that left, once its calls have ended', async () => {
  const answers: (() => void)[] = []
  const { port, requests, server } = await startService((_, response) => void answers.push(() => json(response, 'last words')))
  let connections = 0
  server.on('connection', (socket) => {
    connections++
    socket.once('close', () => connections--)
  })
  const { client, backend } = await setUp([port])
  const call = client.get('/')
  await until(() => requests.length === 1)
  await backend.deregister(`users:127.0.0.1:${port}`)
  await until(() => client.openPools === 1)
  expect(connections).toBe(1)
  answers[0]?.()
  expect((await call).data).toBe('last words')
  await until(() => connections === 0 && client.openPools === 0)

  await register(backend, { port })
  const again = client.get('/')
  await until(() => answers.length === 2)
  answers[1]?.()
  expect((await again).status).toBe(200)
})

describe('close', () => {
  it('lets calls end, refuses new ones, and closes every connection', async () => {
    const answers: (() => void)[] = []
    const { port, server } = await startService((_, response) => void answers.push(() => json(response, 1)))
    const { client } = await setUp([port])
    const call = client.get('/')
    await until(() => answers.length === 1)
    const closed = client.close()
    await expect(client.get('/')).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    await expect(client.stream('GET', '/')).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    answers[0]?.()
    expect((await call).data).toBe(1)
    await closed
    expect(client.openPools).toBe(0)
    await until(() => (server as { _connections?: number })._connections === 0)
    await client.close()
  })

  it('cuts off what does not end in time', async () => {
    const { port, requests } = await startService(() => undefined)
    const { client, leases } = await setUp([port])
    const call = client.get('/', { idempotent: false })
    const failed = expect(call).rejects.toMatchObject({ code: 'SERVICE_CONNECTION_LOST' })
    await until(() => requests.length === 1)
    await client.close({ drainTimeout: 20 })
    await failed
    expect(leases).toMatchObject([{ outcomes: ['failure'] }])
  })

  it('ends the retries', async () => {
    const { port } = await startService((_, response) => response.writeHead(503).end())
    const { client, discovery } = await setUp([port], { retryDelay: 20, retry: { jitter: 'none' }, retries: 1_000 })
    const call = client.get('/')
    await discovery.getInstances('users')
    await client.close()
    await expect(call).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    expect(client.openPools).toBe(0)
    await expect(client.close({ drainTimeout: 'soon' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('needs no call before', async () => {
    const { client } = await setUp([])
    await client.close()
  })
})
