import { DiscoveryError, RedisRegistryBackend } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { build } from 'esbuild'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { recorded } from './clients.fixture.js'

const patience = { timeout: 5_000, interval: 10 }
const callTimeout = 300
/** Generous: a shared machine may be late. */
const latestMs = 3_000
const freePort = 1
const source = (name: string) => fileURLToPath(new URL(name, import.meta.url))

describe.skipIf(serverIsMissing('redis-server'))('a Redis that refuses', () => {
  let server: RedisServer
  let open: RedisServer

  beforeAll(async () => {
    open = await RedisServer.start()
    server = await RedisServer.start()
    const admin = client(server.port)
    await admin.config('SET', 'requirepass', 'secret')
    admin.disconnect()
  })
  afterAll(() => Promise.all([server.kill(), open.kill()]))

  async function failureOf(
    redis: Redis | Cluster,
    call = (backend: RedisRegistryBackend): Promise<unknown> => backend.register(sampleInstance()),
  ) {
    const backend = new RedisRegistryBackend(redis, { callTimeout })
    const watch = recorded(backend)
    const startMs = performance.now()
    const error = await call(backend).catch((thrown: unknown) => thrown)
    expect(performance.now() - startMs).toBeLessThan(latestMs)
    expect(error).toBeInstanceOf(DiscoveryError)
    expect(error).toMatchObject({ cause: expect.any(Error) as Error })
    await expect.poll(() => watch.failures().length, patience).toBe(1)
    await backend.close()
    redis.disconnect()
    return { code: (error as DiscoveryError).code, message: (error as Error).message, watch: watch.failures()[0]?.message }
  }
  const client = (port: number, options: RedisOptions = {}) => new Redis(port, '127.0.0.1', options)

  it.each<[string, () => Redis | Cluster, RegExp]>([
    ['no password', () => client(server.port), /127\.0\.0\.1:\d+: it wants a password; give the client `password`.*NOAUTH/],
    [
      'a wrong password',
      () => client(server.port, { password: 'no' }),
      /127\.0\.0\.1:\d+: it refuses the user or the password; .*WRONGPASS/,
    ],
    ['a connection', () => client(freePort), /127\.0\.0\.1:1: nobody listens there; .*ECONNREFUSED/],
    ['a connection, without waiting', () => client(freePort, { enableOfflineQueue: false }), /127\.0\.0\.1:1: /],
    ['a connection, for ever', () => client(freePort, { maxRetriesPerRequest: null }), /127\.0\.0\.1:1: nobody listens there/],
    ['a connection, once', () => client(freePort, { retryStrategy: () => null }), /127\.0\.0\.1:1: /],
    ['a name', () => new Redis(6379, 'no-such-host.invalid'), /no-such-host\.invalid:6379: its name is not known/],
    ['all of a cluster', () => new Cluster([{ host: '127.0.0.1', port: freePort }]), /the cluster of 127\.0\.0\.1:1: /],
    [
      'all Sentinels',
      () => new Redis({ sentinels: [{ host: '127.0.0.1', port: freePort }], name: 'main' }),
      /the master main of the Sentinels at 127\.0\.0\.1:1/,
    ],
  ])('%s: within a bounded time, with an error that names it and what to do', async (what, make, message) => {
    const silenced = make()
    silenced.on('error', () => undefined)
    const failure = await failureOf(silenced)
    expect(failure.message).toMatch(message)
    expect(failure.code).toBe(what.includes('password') ? 'REGISTRY_REFUSED' : 'REGISTRY_UNAVAILABLE')
  })

  it('to speak Redis: the error asks whether it is one', async () => {
    const web = createServer((socket) =>
      socket.on('error', () => undefined).on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    )
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void web.close())
    const redis = client((web.address() as AddressInfo).port)
    redis.on('error', () => undefined)
    expect((await failureOf(redis)).message).toMatch(/speaks another protocol; is it a Redis, and is the port right\?/)
  })

  it('to speak TLS: the error asks whether it does', async () => {
    const redis = client(open.port, { tls: {} })
    redis.on('error', () => undefined)
    const backend = new RedisRegistryBackend(redis, { callTimeout })
    const message = /127\.0\.0\.1:\d+ did not answer within 300 ms; .*; does it speak TLS at that port\?/
    await expect(backend.getInstances('orders')).rejects.toThrow(message)
    await backend.close()
    redis.disconnect()
  })

  it('a permission: the error says what is missing', async () => {
    const admin = client(server.port, { password: 'secret' })
    await admin.acl('SETUSER', 'reader', 'on', '>secret', '~hazeljs:*', 'resetchannels', '+@all', '-eval', '-evalsha')
    const { code, message, watch } = await failureOf(client(server.port, { username: 'reader', password: 'secret' }))
    expect(message).toMatch(/the user lacks a permission; .*NOPERM/)
    expect(code).toBe('REGISTRY_REFUSED')
    expect(watch).toMatch(/the user lacks a permission; .*NOPERM/)
    admin.disconnect()
  })

  it('an answer: the error says so, and the process id of its client', async () => {
    const redis = client(open.port)
    await redis.ping()
    open.hang()
    const backend = new RedisRegistryBackend(redis, { callTimeout })
    await expect(backend.getInstances('orders')).rejects.toThrow(/127\.0\.0\.1:\d+ did not answer within 300 ms; its client is ready/)
    open.wake()
    expect(await backend.getInstances('orders')).toEqual([])
    await backend.close()
    redis.disconnect()
  })

  it('leaves no rejection unhandled, whatever else it does', async () => {
    const outfile = source('./.refusals.mjs')
    const alias = {
      '@hazeljs/discovery': source('../../src/index.ts'),
      '@hazeljs/core': source('../../../core/src/index.ts'),
      '@hazeljs/resilience': source('../../../resilience/src/index.ts'),
    }
    await build({
      entryPoints: [source('./refusals.fixture.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      alias,
      packages: 'external',
    })
    const killed = await RedisServer.start()
    const args = [server.port, killed.port, killed.pid, freePort].map(String)
    try {
      const { stdout } = await promisify(execFile)(process.execPath, ['--unhandled-rejections=strict', outfile, ...args], {
        timeout: 20_000,
      })
      const outcomes = JSON.parse(stdout) as string[][]
      expect(outcomes.slice(0, -1).flat()).toEqual(Array.from({ length: 28 }, () => 'rejected'))
      expect(outcomes.at(-1)?.[0]).toBe('fulfilled')
    } finally {
      rmSync(outfile, { force: true })
      await killed.kill()
    }
  }, 30_000)
})
