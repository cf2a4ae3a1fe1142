import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { emptyTally } from '../../src/canary/rollout/rollout.js'
import { firstState } from '../../src/canary/rollout/rollout-moves.js'
import { RedisCanaryStore } from '../../src/redis/index.js'
import { afterTest } from '../harness.js'
import { bundleCode, runFile } from '../processes/bundled.js'
import { clientOf } from '../redis/clients.fixture.js'
import { codeBlocks, readDocument } from './documents.js'

const guide = 'docs/guides/shared-rollouts.md'
/** Inside the package, where imports of `@hazeljs/…` lead to the sources, and no other test writes. */
const generated = fileURLToPath(new URL('.generated-sharing/', import.meta.url))
afterAll(() => rmSync(generated, { recursive: true, force: true }))

const snippets = codeBlocks(guide).filter(({ language }) => language === 'ts')
const snippetWith = (text: string) => snippets.find(({ code }) => code.includes(text))?.code ?? ''

describe.skipIf(serverIsMissing('redis-server'))('the guide to shared rollouts', () => {
  async function run(code: string, server: RedisServer): Promise<unknown[]> {
    mkdirSync(generated, { recursive: true })
    const file = `${generated}snippet-${code.length}.ts`
    writeFileSync(file, code.replace('6379', String(server.port)))
    const printed: unknown[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((text: unknown) => void printed.push(text))
    await import(/* @vite-ignore */ file).finally(() => log.mockRestore())
    return printed
  }

  it('has a gateway that leads its rollout, and names it so that it can be forgotten', async () => {
    const server = await RedisServer.start()
    afterTest(() => server.kill())
    expect(await run(snippetWith('startCanaries'), server)).toEqual([10])
    const redis = clientOf(server.port)
    afterTest(() => redis.disconnect())
    const keys = await redis.keys('*')
    const text = readDocument(guide) ?? ''
    expect(keys.length).toBeGreaterThan(1)
    for (const key of keys) expect(text).toContain(`\`${key}\``)
    await run(snippetWith('.remove('), server)
    expect(await redis.keys('*')).toEqual([])
  })

  it('has a contract that runs', async () => {
    const { file, remove } = await bundleCode(snippetWith('canaryStoreContract'))
    afterTest(remove)
    expect(await runFile(file, { NODE_OPTIONS: '--test-reporter=dot' }).ended).toEqual([0, null])
  }, 30_000)

  it('has a user who may do all that the store does', async () => {
    const [, rule = ''] = /^ACL SETUSER (.+)$/m.exec(readDocument(guide) ?? '') ?? []
    const [username = '', ...rules] = rule.split(' ')
    const server = await RedisServer.start()
    afterTest(() => server.kill())
    const admin = clientOf(server.port)
    await admin.acl('SETUSER', username, ...rules)
    const redis = clientOf(server.port, { username, password: 'secret', disableClientInfo: false })
    const store = new RedisCanaryStore(redis)
    afterTest(async () => {
      await store.close()
      redis.disconnect()
      admin.disconnect()
    })
    const first = firstState(10, 0)
    let heard = 0
    store.watch('a', () => heard++)
    let { revision } = await store.open('a', first)
    for (const leaseMs of [1_000, 0]) await store.report('a', { member: 'm', epoch: 0, tally: emptyTally, leaseMs })
    const change = async () => {
      revision = (await store.update('a', revision, { ...first, epoch: 1 }))?.revision ?? 0
      return heard
    }
    await expect.poll(change, { timeout: 5_000 }).toBeGreaterThan(0)
    await store.remove('a')
    await expect(redis.get('other')).rejects.toThrow('NOPERM')
    await expect(redis.keys('*')).rejects.toThrow('NOPERM')
  })
})
