import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { defaultDrainTimeoutMs } from '../../src/config/close-options.js'
import {
  defaultConnectTimeoutMs,
  defaultIdleTimeoutMs,
  defaultKeepAliveMs,
  defaultMaxUrlLength,
  defaultTransformBytes,
  defaultMirrorBodyBytes,
  defaultMirrorTimeoutMs,
} from '../../src/config/defaults.js'
import { collectedBytes } from '../../src/http/answer-collector.js'
import { maxProxies } from '../../src/http/client-address.js'
import { maxPipelined } from '../../src/http/connection.js'
import { lingerMs } from '../../src/http/lingering-close.js'
import {
  defaultHandshakeTimeoutMs,
  defaultHeadersTimeoutMs,
  defaultMaxHeaderBytes,
  defaultMinRate,
  defaultStallTimeoutMs,
} from '../../src/http/listen-options.js'
import { replayBytes } from '../../src/http/replay.js'
import { maxFields } from '../../src/http/request-fields.js'
import { keepAliveTimeoutMs } from '../../src/http/server.js'
import { problemCodes } from '../../src/index.js'
import { maxAnswerHoldMs } from '../../src/mirror/mirror-copy.js'
import { closedPort } from '../raw-http.js'
import { readDocument } from './documents.js'

const page = readDocument('docs/guides/path-of-a-request.md') ?? ''
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('../.generated/', import.meta.url))

afterAll(() => {
  rmSync(generated, { recursive: true, force: true })
})

describe('the guide to the path of a request', () => {
  it('shows what its snippet prints', async () => {
    const [, code = '', shown] = /^```ts\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```$/m.exec(page) ?? []
    const port = String(await closedPort())
    mkdirSync(generated, { recursive: true })
    const file = join(generated, 'path-of-a-request.ts')
    writeFileSync(file, code.replaceAll('4001', port))
    const printed: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(String(line).replaceAll(port, '4001')))
    try {
      await import(/* @vite-ignore */ file)
    } finally {
      log.mockRestore()
    }
    expect(`${printed.join('\n')}\n`).toBe(shown)
  })

  it('lists the stages in the order of path.ts', () => {
    const source = readFileSync(new URL('../../src/path.ts', import.meta.url), 'utf8')
    const lists = [...source.matchAll(/^const (?:arrival|onRoute) = \[([^\]]+)\]/gm)].map(([, list = '']) => list.match(/\w+/g) ?? [])
    const [arrival = [], onRoute = []] = lists
    const told = [...page.matchAll(/^\| (\d+) +\| `(\w+)`/gm)]
    expect(onRoute.length).toBeGreaterThan(10)
    expect(told.map(([, , stage]) => stage)).toEqual([...arrival, 'matchRoute', ...onRoute])
    expect(told.map(([, number]) => Number(number))).toEqual(told.map((_row, index) => index + 1))
  })

  it('gives codes the statuses that they have', () => {
    const told = [...page.matchAll(/(\d{3}) ((?:`[A-Z]+_[A-Z_]+`(?:, )?)+)/g)].flatMap(([, status, codes = '']) =>
      (codes.match(/[A-Z_]+/g) ?? []).map((code) => [code, Number(status)] as const),
    )
    expect(told.length).toBeGreaterThan(15)
    for (const [code, status] of told) expect([code, problemCodes[code as keyof typeof problemCodes].status]).toEqual([code, status])
  })
})

const units: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, KiB: 1_024, MiB: 1_048_576, characters: 1, 'bytes a second': 1 }

describe('the defaults in the guide to the path of a request', () => {
  const table = page.slice(page.indexOf('## Times and limits'))
  const rows = new Map(
    [...table.matchAll(/^\| ([A-Z][^|]*?) +\|[^|]*\| +([^|]*?) +\|/gm)].map(([, what = '', given = '']) => [what, given]),
  )
  const numberIn = (given = '') => {
    const [, digits, unit] = /^(\d+) ?([\w ]*)$/.exec(given) ?? []
    return digits === undefined ? given : Number(digits) * (units[unit ?? ''] ?? 1)
  }

  it.each([
    ['Header of a request, time', defaultHeadersTimeoutMs],
    ['Header of a request, size', defaultMaxHeaderBytes],
    ['Fields of a request', maxFields],
    ['Target', defaultMaxUrlLength],
    ['TLS handshake', defaultHandshakeTimeoutMs],
    ['A client that stands still', defaultStallTimeoutMs],
    ['The slowest that is not standing still', defaultMinRate],
    ['A client that sends on after its last answer', lingerMs],
    ['Pipelined requests of a connection', maxPipelined],
    ['Entries of `X-Forwarded-For`', maxProxies],
    ['Idle connection of a client', keepAliveTimeoutMs],
    ['Connection to an instance', defaultConnectTimeoutMs],
    ['Silence of a service', defaultIdleTimeoutMs],
    ['Silence of an upgraded connection', defaultIdleTimeoutMs],
    ['Idle connection to an instance', defaultKeepAliveMs],
    ['Body kept to be sent again', replayBytes],
    ['Body that a function changes', defaultTransformBytes],
    ['Answer of `handleRequest()`', collectedBytes],
    ['Answer that waits for a mirror', maxAnswerHoldMs],
    ['Copy without a whole answer', defaultMirrorTimeoutMs],
    ['Body of a request that is copied', defaultMirrorBodyBytes],
    ['Drain of `close()`', defaultDrainTimeoutMs],
  ])('%s', (what, value) => {
    expect(numberIn(rows.get(what))).toBe(value)
  })

  it('are none for what has no constant', () => {
    const none = [...rows].filter(([, given]) => given === 'none').map(([what]) => what)
    expect(none).toEqual([
      'Body of a request',
      'Connections',
      'Requests under way',
      'The whole exchange, retries included',
      "Head of an attempt's answer",
    ])
  })
})
