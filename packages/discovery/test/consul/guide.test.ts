import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { durationText } from '@hazeljs/core'
import { ConsulServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { defaultConsulTtlMs, defaultDeregisterAfterMs, defaultRequestTimeoutMs } from '../../src/backends/consul/consul-options.js'

const guide = readFileSync(new URL('../../../../docs/guides/discovery/consul.md', import.meta.url), 'utf8')
/** Inside the package, where imports of `@hazeljs/…` lead to the sources, and beside no other test's. */
const generated = fileURLToPath(new URL('.generated/', import.meta.url))

afterAll(() => rmSync(generated, { recursive: true, force: true }))

describe('the guide to Consul', () => {
  it.skipIf(serverIsMissing('consul'))('has a snippet that prints what it says', async () => {
    const code = /^```ts consul\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? ''
    const expected = Array.from(code.matchAll(/\/\/ → (.*)$/gm), ([, printed = '']) => printed)
    const server = await ConsulServer.start()
    mkdirSync(generated, { recursive: true })
    writeFileSync(`${generated}snippet.ts`, code.replace('port: 8500', `port: ${server.port}`))

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
    expect(rows.get('ttl')).toBe(durationText(defaultConsulTtlMs))
    expect(rows.get('deregisterAfter')).toBe(durationText(defaultDeregisterAfterMs))
    expect(rows.get('requestTimeout')).toBe(durationText(defaultRequestTimeoutMs))
  })
})
