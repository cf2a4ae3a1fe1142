import type { OutlierOptions, ProbeOptions, ServiceRegistryConfig } from '@hazeljs/discovery'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

/** The snippets of two guides, run: what they print is compared with the `// → …` behind each line. */
const guides = fileURLToPath(new URL('../../../../docs/guides/discovery/', import.meta.url))
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated/', import.meta.url))

const read = (guide: string) => readFileSync(join(guides, guide), 'utf8')
const snippetsOf = (guide: string) => [...read(guide).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
const expectedOf = (code: string) => [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, printed = '']) => printed)

beforeAll(() => void mkdirSync(generated, { recursive: true }))
afterAll(() => rmSync(generated, { recursive: true, force: true }))

async function printedBy(name: string, code: string): Promise<string[]> {
  const printed: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void printed.push(values.map(String).join(' ')))
  const file = join(generated, `${name}.ts`)
  writeFileSync(file, code)
  try {
    await import(/* @vite-ignore */ file)
  } finally {
    log.mockRestore()
  }
  return printed
}

const registration: Record<keyof ServiceRegistryConfig, true> = {
  name: true,
  host: true,
  port: true,
  protocol: true,
  healthCheckType: true,
  healthCheckPath: true,
  healthCheckService: true,
  healthCheckTls: true,
  healthCheckInterval: true,
  healthCheckTimeout: true,
  healthyThreshold: true,
  unhealthyThreshold: true,
  metadata: true,
  zone: true,
  tags: true,
  retryRegistration: true,
  drain: true,
  shutdownOnSignals: true,
  backend: true,
  backendConfig: true,
}
const outliers: Record<keyof OutlierOptions | `probe.${keyof ProbeOptions}`, true> = {
  consecutiveFailures: true,
  failurePercentage: true,
  minRequests: true,
  minHosts: true,
  interval: true,
  baseEjection: true,
  maxEjection: true,
  maxEjectedPercent: true,
  probe: true,
  'probe.interval': true,
  'probe.timeout': true,
}

describe.each([
  ['registration.md', registration],
  ['outlier-ejection.md', outliers],
])('%s', (guide, options) => {
  it('has snippets that print what they say', async () => {
    const snippets = snippetsOf(guide)
    expect(snippets.flatMap(expectedOf).length).toBeGreaterThan(0)
    for (const [index, code] of snippets.entries()) {
      expect(await printedBy(`${guide}-${index}`, code)).toEqual(expectedOf(code))
    }
  })

  it('names every option', () => {
    const text = read(guide)
    const table = text.slice(text.indexOf('## Options'))
    expect(Object.keys(options).filter((name) => !table.includes(`\`${name}\``))).toEqual([])
  })
})
