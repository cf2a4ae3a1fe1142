import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { durationText } from '@hazeljs/core'
import { EtcdServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, describe, expect, it, vi } from 'vitest'
import {
  defaultEtcdKeyPrefix,
  defaultEtcdRequestTimeoutMs,
  defaultEtcdTtlMs,
  defaultEtcdWatchIdleMs,
} from '../../src/backends/etcd/etcd-options.js'

const guide = readFileSync(new URL('../../../../docs/guides/discovery/etcd.md', import.meta.url), 'utf8')
/** Inside the package, where imports of `@hazeljs/…` lead to the sources, and beside no other test's. */
const generated = fileURLToPath(new URL('.generated/', import.meta.url))

afterAll(() => rmSync(generated, { recursive: true, force: true }))

describe('the guide to etcd', () => {
  it.skipIf(serverIsMissing('etcd'))('has a snippet that prints what it says', async () => {
    const code = /^```ts etcd\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? ''
    const expected = Array.from(code.matchAll(/\/\/ → (.*)$/gm), ([, printed = '']) => printed)
    const server = await EtcdServer.start()
    mkdirSync(generated, { recursive: true })
    writeFileSync(`${generated}snippet.ts`, code.replace('http://127.0.0.1:2379', server.url))

    const printed: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void printed.push(values.map(String).join(' ')))
    try {
      await import(/* @vite-ignore */ `${generated}snippet.ts`)
    } finally {
      log.mockRestore()
      await server.kill()
    }
    expect(expected.length).toBeGreaterThan(0)
    expect(printed).toEqual(expected)
  })

  it('names the defaults', () => {
    const rows = new Map([...guide.matchAll(/^\| `(\w+)` +\| (.*?) +\|/gm)].map(([, option, value]) => [option, value]))
    expect(rows.get('keyPrefix')).toBe(`\`${defaultEtcdKeyPrefix}\``)
    expect(rows.get('ttl')).toBe(durationText(defaultEtcdTtlMs))
    expect(rows.get('requestTimeout')).toBe(durationText(defaultEtcdRequestTimeoutMs))
    expect(rows.get('watchIdleTimeout')).toBe(durationText(defaultEtcdWatchIdleMs))
  })
})
