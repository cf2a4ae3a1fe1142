import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it, vi } from 'vitest'

const guide = readFileSync(new URL('../../../../docs/guides/discovery/redis.md', import.meta.url), 'utf8')
/** Inside the package, where imports of `@hazeljs/…` lead to the sources, and beside no other test's. */
const generated = fileURLToPath(new URL('.generated/', import.meta.url))

afterAll(() => rmSync(generated, { recursive: true, force: true }))

it.skipIf(serverIsMissing('redis-server'))('the snippet of the guide prints what it says', async () => {
  const code = /^```ts redis\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? ''
  const expected = Array.from(code.matchAll(/\/\/ → (.*)$/gm), ([, printed = '']) => printed)
  const server = await RedisServer.start()
  mkdirSync(generated, { recursive: true })
  writeFileSync(`${generated}snippet.ts`, code.replace('6379', String(server.port)))

  const printed: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void printed.push(values.map(String).join(' ')))
  try {
    await import(/* @vite-ignore */ `${generated}snippet.ts`)
  } finally {
    log.mockRestore()
    await server.kill()
  }
  expect(expected).toHaveLength(1)
  expect(printed).toEqual(expected)
})
