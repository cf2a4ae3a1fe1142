import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { KubernetesBackendOptions } from '@hazeljs/discovery'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'

const guide = readFileSync(new URL('../../../../docs/guides/discovery/kubernetes.md', import.meta.url), 'utf8')
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated/', import.meta.url))

const options: Record<keyof KubernetesBackendOptions, true> = {
  namespace: true,
  labelSelector: true,
  portName: true,
  protocol: true,
  addressTypes: true,
  serviceLabel: true,
  callTimeout: true,
  watchTimeout: true,
  idleTimeout: true,
}

afterAll(() => rmSync(generated, { recursive: true, force: true }))

describe('the guide of Kubernetes', () => {
  it('has a snippet that prints what it says', async () => {
    const code = /^```ts\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? ''
    const expected = Array.from(code.matchAll(/\/\/ → (.*)$/gm), ([, printed = '']) => printed)
    mkdirSync(generated, { recursive: true })
    writeFileSync(`${generated}snippet.ts`, code)
    const printed: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void printed.push(values.map(String).join(' ')))
    try {
      await import(/* @vite-ignore */ `${generated}snippet.ts`)
    } finally {
      log.mockRestore()
    }
    expect(expected).toHaveLength(3)
    expect(printed).toEqual(expected)
  })

  it('names every option', () => {
    const table = guide.slice(guide.indexOf('## Options'), guide.indexOf('## When things fail'))
    expect(Object.keys(options).filter((name) => !table.includes(`\`${name}\``))).toEqual([])
  })

  it('names the rule that the errors name', () => {
    expect(guide).toMatch(/apiGroups: \['discovery.k8s.io'\]\n\s+resources: \['endpointslices'\]\n\s+verbs: \['get', 'list', 'watch'\]/)
  })
})
