import { ConfigError, resolveOptions } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { localServer } from '../../test/certificates.js'
import { type ListenOptions, readListenOptions } from './listen-options.js'

const read = (options: object) => resolveOptions('listen', readListenOptions, options as ListenOptions)

/** Paths of what is wrong with options, in order. */
function wrong(options: object): readonly string[] {
  try {
    read(options)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const { message } of error.problems) expect(message).toMatch(/^(?:expected|unknown option|needs|is missing)/)
    return [...new Set(error.problems.map(({ path }) => path))]
  }
}

describe('the options of listen', () => {
  it('have documented defaults', () => {
    expect(read({})).toEqual({
      port: 3_000,
      host: undefined,
      maxHeaderBytes: 16_384,
      headersTimeoutMs: 60_000,
      stallTimeoutMs: 60_000,
      minRate: 0,
      maxConnections: undefined,
      tls: undefined,
      shutdown: undefined,
    })
    expect(read({ tls: localServer }).tls).toMatchObject({ handshakeTimeout: 10_000 })
  })

  it('take undefined for what was left out', () => {
    const names = ['port', 'host', 'maxHeaderBytes', 'headersTimeout', 'stallTimeout', 'minRate', 'maxConnections', 'tls', 'shutdown']
    expect(read(Object.fromEntries(names.map((name) => [name, undefined])))).toEqual(read({}))
  })

  const noNumbers = [Number.NaN, Infinity, -1, '1', null, true, {}, [1]]
  const noDurations = [Number.NaN, Infinity, -1, 0, '0s', '-1s', 'soon', '', null, true, {}, [1], 2 ** 31]
  it.each([
    { name: 'port', values: [...noNumbers, 65_536, 1.5] },
    { name: 'host', values: [1, null, true, {}, ['127.0.0.1']] },
    { name: 'maxHeaderBytes', values: [...noNumbers, 1_023, 2_000.5, 0] },
    { name: 'headersTimeout', values: noDurations },
    { name: 'stallTimeout', values: noDurations },
    { name: 'minRate', values: noNumbers },
    { name: 'maxConnections', values: [...noNumbers, 0, 1.5] },
    { name: 'tls', values: [null, true, 'cert', [localServer], {}] },
    { name: 'stalltimeout', values: [1] },
  ])('$name: a bad value is told with its path', ({ name, values }) => {
    for (const value of values) expect({ value, wrong: wrong({ [name]: value }) }).toEqual({ value, wrong: [name] })
  })

  it.each([
    { tls: { ...localServer, handshakeTimeout: 0 }, path: 'tls.handshakeTimeout' },
    { tls: { ...localServer, handshakeTimeout: Number.NaN }, path: 'tls.handshakeTimeout' },
    { tls: { ...localServer, handshakeTimeout: '1s' }, path: 'tls.handshakeTimeout' },
    { tls: { ...localServer, allowHTTP1: true }, path: 'tls.allowHTTP1' },
    { tls: { cert: localServer.cert }, path: 'tls.key' },
  ])('$path too', ({ tls, path }) => {
    expect(wrong({ tls })).toEqual([path])
  })

  it('are refused all at once', () => {
    const options = { port: -1, host: 1, maxHeaderBytes: 0, headersTimeout: 0, stallTimeout: 0, minRate: -1, maxConnections: 0, tsl: {} }
    expect([...wrong(options)].sort()).toEqual(Object.keys(options).sort())
  })
})
