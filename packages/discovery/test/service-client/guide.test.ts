import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RequestWithBody, ServiceClientOptions } from '@hazeljs/discovery'
import ts from 'typescript'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

const guide = readFileSync(fileURLToPath(new URL('../../../../docs/guides/discovery/service-client.md', import.meta.url)), 'utf8')
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated/', import.meta.url))

const snippets = [...guide.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ''], index) => ({
  name: `snippet-${index}`,
  code,
  expected: [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, printed = '']) => printed),
}))

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

it.each(snippets)('prints what it says: $name', async ({ name, code, expected }) => {
  expect(expected.length).toBeGreaterThan(0)
  expect(await printedBy(name, code)).toEqual(expected)
})

it('prints the same under experimentalDecorators', async () => {
  const decorated = snippets.find(({ code }) => code.includes('@RegisterService'))
  const compilerOptions = { experimentalDecorators: true, target: ts.ScriptTarget.ES2021, module: ts.ModuleKind.ESNext }
  const { outputText } = ts.transpileModule(decorated?.code ?? '', { compilerOptions })
  expect(outputText).toContain('__decorate(')
  expect(await printedBy('legacy', outputText)).toEqual(decorated?.expected)
})

const options: Record<keyof ServiceClientOptions, true> = {
  serviceName: true,
  loadBalancingStrategy: true,
  filter: true,
  timeout: true,
  attemptTimeout: true,
  retries: true,
  retryDelay: true,
  retry: true,
  budget: true,
  hedge: true,
  circuitBreaker: true,
  headers: true,
  throwOnError: true,
  maxResponseBytes: true,
  idleTimeout: true,
  connectTimeout: true,
  tls: true,
}
const requestOptions: Record<keyof RequestWithBody, true> = {
  headers: true,
  query: true,
  signal: true,
  timeout: true,
  idempotent: true,
  key: true,
  zone: true,
  filter: true,
  exclude: true,
  throwOnError: true,
  body: true,
}

it.each([
  ['## Options', options],
  ['## Requests', requestOptions],
])('names every option: %s', (heading, names) => {
  const section = guide.slice(guide.indexOf(heading))
  const table = section.split('\n## ', 1)[0] ?? ''
  expect(Object.keys(names).filter((name) => !table.includes(`| \`${name}\``))).toEqual([])
})
