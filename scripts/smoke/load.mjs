// Runs in a folder where only the packed tarballs are installed. Arguments: the entry points, the root ones first.
import { strict as assert } from 'node:assert'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

for (const entry of process.argv.slice(2)) {
  const imported = await import(entry)
  const required = require(entry)
  const names = Object.keys(imported).filter((name) => name !== 'module.exports')
  assert.deepEqual(names.sort(), Object.keys(required).sort(), `${entry} exports other names to import than to require`)
  assert.equal(names.includes('default'), false, `${entry} has a default export`)
  for (const [name, value] of Object.entries(imported)) {
    const isError = typeof value === 'function' && value.prototype instanceof Error
    if (isError)
      assert.equal(
        value.name,
        name,
        `${entry} exports an error under a name that is not its own: errors would call themselves ${value.name}`,
      )
  }
}

assert.equal(typeof Symbol.metadata, 'symbol', 'Symbol.metadata is missing: classes that tsc compiled would lose their metadata')

// Entry points of one package share their classes: a context of one is a context to the other, and so are errors.
for (const load of [(name) => import(name), (name) => Promise.resolve(require(name))]) {
  const { CallContext, RateLimitError, rootContext } = await load('@hazeljs/resilience')
  const { RedisRateLimiter } = await load('@hazeljs/resilience/redis')
  const keys = []
  const denied = [0, 0, 1_000, 1_000]
  const client = { evalsha: async (_sha1, _count, key) => keys.push(key) && denied, eval: async () => denied }
  const context = new CallContext(rootContext().cancellation, 1, undefined, { key: 'mine' })
  await assert.rejects(
    new RedisRateLimiter(client, { max: 1, window: '1s' }).execute(() => undefined, context),
    RateLimitError,
  )
  assert.deepEqual(keys, ['hazeljs:limit:mine'])
}

for (const load of [(name) => import(name), (name) => Promise.resolve(require(name))]) {
  const { CanaryStoreError } = await load('@hazeljs/gateway')
  const { RedisCanaryStore } = await load('@hazeljs/gateway/redis')
  const none = async () => null
  const client = { evalsha: none, eval: none, duplicate: none, isCluster: false, status: 'ready', options: {} }
  const tally = { stable: {}, canary: {} }
  const report = new RedisCanaryStore(client).report('a', { member: 'm', epoch: 0, tally, leaseMs: 0 })
  await assert.rejects(report, (error) => error instanceof CanaryStoreError && error.code === 'ROLLOUT_UNKNOWN')
}

// Packages of clients are optional, and none is installed here: what needs one says so, when it is asked for.
for (const { createRegistryBackend } of [await import('@hazeljs/discovery'), require('@hazeljs/discovery')]) {
  for (const [backend, name] of [
    ['redis', 'ioredis'],
    ['consul', 'consul'],
    ['kubernetes', '@kubernetes/client-node'],
  ]) {
    const message = `createRegistryBackend: backend: '${backend}' needs the package ${name}: npm install ${name}`
    assert.throws(() => createRegistryBackend({ backend }), { code: 'CONFIG_INVALID', message })
  }
}
