import * as resilience from '@hazeljs/resilience'
import * as cockatiel from 'cockatiel'
import { build } from 'esbuild'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { tableRows } from './document.js'

// What docs/comparison.md says of the packages themselves.

interface Manifest {
  readonly version: string
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly engines: { readonly node: string }
}

const require = createRequire(import.meta.url)
const inRepository = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url))
const manifestAt = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Manifest
const folders = { cockatiel: dirname(dirname(require.resolve('cockatiel'))), opossum: dirname(require.resolve('opossum')) }
const manifests = {
  cockatiel: manifestAt(join(folders.cockatiel, 'package.json')),
  opossum: manifestAt(join(folders.opossum, 'package.json')),
}
const resolveDir = inRepository('packages/resilience/test')
const bundle = (contents: string, platform: 'browser' | 'node') =>
  build({
    stdin: { contents, resolveDir, loader: 'ts' },
    platform,
    bundle: true,
    minify: true,
    format: 'esm',
    mainFields: ['module', 'main'],
    target: 'node20.18',
    write: false,
    logLevel: 'silent',
    alias: {
      '@hazeljs/resilience': inRepository('packages/resilience/src/index.ts'),
      '@hazeljs/core': inRepository('packages/core/src/index.ts'),
    },
    tsconfigRaw: {},
  })
const mine = manifestAt(inRepository('packages/resilience/package.json'))

it('the versions are those of the heading and of the benchmark', () => {
  const { devDependencies } = manifestAt(inRepository('bench/package.json'))
  for (const [name, { version }] of Object.entries(manifests)) {
    expect(mine.devDependencies?.[name]).toBe(version)
    expect(devDependencies?.[name]).toBe(version)
    expect(tableRows()[0]?.heading).toContain(`${name} ${version}`)
  }
})

it('cockatiel and opossum depend on nothing, and we on our core', () => {
  for (const { dependencies } of Object.values(manifests)) expect(dependencies ?? {}).toEqual({})
  expect(Object.keys(mine.dependencies ?? {})).toEqual(['@hazeljs/core'])
})

it('they run on the versions of Node that they say', () => {
  expect(manifests.cockatiel.engines.node).toBe('>=16')
  expect(manifests.opossum.engines.node).toBe('^24 || ^22 || ^20')
  expect(mine.engines.node).toBe('>=20.18.1')
})

it('of the policies that cockatiel does not have, it exports nothing', () => {
  const missing = /limit(?!er)|hedge|budget|adaptive|deadline|lint|describe|simulat|clock/i
  expect(Object.keys(cockatiel).filter((name) => missing.test(name))).toEqual([])
  expect(Object.keys(resilience)).toEqual(expect.arrayContaining(['RateLimiter', 'Hedge', 'RetryBudget', 'withDeadline', 'lint']))
})

it('a bundler for browsers takes cockatiel as it is; opossum brings a bundle of its own; we need modules of Node', async () => {
  expect((await bundle("export * from 'cockatiel'", 'browser')).errors).toEqual([])
  expect(existsSync(join(folders.opossum, 'dist/opossum.min.js'))).toBe(true)
  await expect(bundle("export * from '@hazeljs/resilience'", 'browser')).rejects.toThrow('node:async_hooks')
})

describe('minified and gzipped', () => {
  const kilobytes = async (contents: string) => {
    const result = await bundle(contents, 'node')
    return gzipSync(result.outputFiles[0]?.contents ?? '', { level: 9 }).length / 1_000
  }
  const cellsOf = (feature: string) => {
    const cells = tableRows().find((row) => row.feature.startsWith(feature))?.cells ?? []
    return cells.slice(0, 3).map((cell) => Number(/^([\d.]+) kB/.exec(cell)?.[1]))
  }
  const opossum = "export { default } from 'opossum'"

  it.each([
    ['All of it', ["export * from '@hazeljs/resilience'", "export * from 'cockatiel'", opossum]],
    [
      'A circuit breaker alone',
      [
        "export { CircuitBreaker } from '@hazeljs/resilience'",
        "export { circuitBreaker, CountBreaker, handleAll } from 'cockatiel'",
        opossum,
      ],
    ],
  ])('%s weighs what the table says; ours, which changes, no more than that', async (feature, entries) => {
    const [ours = 0, ofCockatiel = 0, ofOpossum = 0] = await Promise.all(entries.map(kilobytes))
    const [saysOurs = 0, saysCockatiel = 0, saysOpossum = 0] = cellsOf(feature)
    expect(saysCockatiel).toBeCloseTo(ofCockatiel, 1)
    expect(saysOpossum).toBeCloseTo(ofOpossum, 1)
    expect(ours).toBeLessThan(saysOurs * 1.05)
    expect(ours).toBeGreaterThan(saysOurs / 1.5)
  })
})
