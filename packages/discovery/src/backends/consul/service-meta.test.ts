import { ConfigError } from '@hazeljs/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../../testing/index.js'
import { decodeMeta, encodeMeta, isOwn } from './service-meta.js'

const jsonValue = fc.oneof(fc.string({ unit: 'binary', maxLength: 600 }), fc.jsonValue({ maxDepth: 2 }))
const key = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.stringMatching(/^[\w-]{1,140}$/),
  fc.constantFrom('hazeljs', 'hazeljs-1', 'consul-x', '__proto__'),
)

describe('encodeMeta', () => {
  it('gives back all metadata, within the limits of Consul', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, jsonValue), { maxLength: 4 }), (entries) => {
        const metadata = JSON.parse(JSON.stringify(Object.fromEntries(entries))) as Record<string, unknown>
        const instance = sampleInstance({
          metadata,
          zone: 'a',
          protocol: 'grpc',
          healthCheckPath: '/up',
          healthCheckInterval: 7,
          registeredAt: 9,
        })
        const meta = encodeMeta(instance)
        expect(Object.keys(meta).length).toBeLessThanOrEqual(64)
        for (const [name, value] of Object.entries(meta)) {
          expect(name).toMatch(/^[A-Za-z0-9_-]{1,128}$/)
          expect(Buffer.byteLength(value)).toBeLessThanOrEqual(512)
        }
        expect(decodeMeta(meta)).toEqual({
          metadata,
          zone: 'a',
          protocol: 'grpc',
          healthCheckPath: '/up',
          healthCheckInterval: 7,
          registeredAt: 9,
        })
      }),
    )
  })

  it('keeps what fits as pairs that others can read', () => {
    const metadata = { version: '1.0.0', weight: 80, 'app.kubernetes.io/name': 'shop', none: undefined }
    const { hazeljs, ...pairs } = encodeMeta(sampleInstance({ metadata }))
    expect(pairs).toEqual({ version: '1.0.0', weight: '80' })
    expect(JSON.parse(hazeljs ?? '')).toEqual({
      protocol: 'http',
      registeredAt: 0,
      json: ['weight'],
      more: [['app.kubernetes.io/name', 'shop']],
    })
  })

  it('takes more pairs than Consul has', () => {
    const metadata = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key-${index}`, index]))
    expect(decodeMeta(encodeMeta(sampleInstance({ metadata }))).metadata).toEqual(metadata)
  })

  it('says what is too much, and what JSON cannot hold', () => {
    const encode = (metadata: Record<string, unknown>) => () => encodeMeta(sampleInstance({ metadata }))
    expect(encode({ photo: 'x'.repeat(40_000) })).toThrow(/metadata: takes \d+ pairs of Consul's meta, which holds 64 of 512 bytes/)
    expect(encode({ count: 1n })).toThrow(ConfigError)
    expect(encode({ count: 1n })).toThrow(/metadata\.count: JSON cannot hold it/)
  })
})

describe('decodeMeta', () => {
  it('takes the pairs of others as metadata', () => {
    const meta = { version: '1', zone: 'b', protocol: 'https' }
    expect(isOwn(meta)).toBe(false)
    expect(decodeMeta(meta)).toEqual({ metadata: meta, zone: 'b', protocol: 'https' })
    expect(decodeMeta({ zone: '', protocol: 'tcp' })).toEqual({ metadata: { zone: '', protocol: 'tcp' } })
  })

  it.each([
    [{ hazeljs: '{' }, 'meta hazeljs is no JSON'],
    [{ hazeljs: '7' }, 'meta hazeljs is no record'],
    [{ hazeljs: '{"json":7}' }, 'meta hazeljs is no record'],
    [{ hazeljs: '{"more":[7]}' }, 'meta hazeljs is no record'],
    [{ hazeljs: '{"json":["a"]}', a: 'nonsense' }, 'meta a is no JSON'],
  ])('refuses %j', (meta, message) => {
    expect(() => decodeMeta(meta)).toThrow(message)
  })
})
