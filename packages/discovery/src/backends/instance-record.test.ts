import { type ServiceInstance, type ServiceProtocol, ServiceStatus } from '@hazeljs/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import { decodeInstance, encodeInstance } from './instance-record.js'

const text = fc.string({ minLength: 1, unit: 'grapheme' })
const time = fc.nat({ max: 2 ** 45 })
const instance: fc.Arbitrary<ServiceInstance> = fc.record(
  {
    id: text,
    name: text,
    host: text,
    port: fc.integer({ min: 1, max: 65_535 }),
    protocol: fc.constantFrom<ServiceProtocol>('http', 'https', 'grpc'),
    metadata: fc.dictionary(
      text,
      fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
    ),
    healthCheckPath: text,
    healthCheckInterval: time,
    zone: text,
    tags: fc.array(fc.string({ unit: 'grapheme' })),
    status: fc.constantFrom(...Object.values(ServiceStatus)),
    lastHeartbeat: time,
    registeredAt: time,
  },
  {
    requiredKeys: ['id', 'name', 'host', 'port', 'protocol', 'metadata', 'tags', 'status', 'lastHeartbeat', 'registeredAt'],
    noNullPrototype: true,
  },
)

describe('what was encoded', () => {
  it('is decoded as it was, frozen', () =>
    fc.assert(
      fc.property(instance, (one) => {
        const decoded = decodeInstance(encodeInstance(one))
        expect(decoded).toEqual(one)
        expect([decoded, decoded.metadata, decoded.tags].every(Object.isFrozen)).toBe(true)
      }),
    ))

  it('may have said less, in the hands of another writer, or more', () => {
    expect(decodeInstance('{"id":"a","name":"orders","host":"::1","port":80,"pid":7}')).toEqual(
      sampleInstance({ id: 'a', host: '::1', port: 80 }),
    )
  })
})

describe('what is no instance', () => {
  const complaint = (differences: object) => () => decodeInstance(JSON.stringify({ ...sampleInstance(), ...differences }))

  it.each([
    [{ id: '' }, "id is ''"],
    [{ id: 5 }, 'id is 5'],
    [{ name: null }, 'name is null'],
    [{ host: ['a'] }, 'host is an array'],
    [{ port: 0 }, 'port is 0'],
    [{ port: 65_536 }, 'port is 65536'],
    [{ port: 80.5 }, 'port is 80.5'],
    [{ port: '80' }, "port is '80'"],
    [{ protocol: 'ftp' }, "protocol is 'ftp'"],
    [{ metadata: [] }, 'metadata is an array'],
    [{ metadata: null }, 'metadata is null'],
    [{ tags: 'a' }, "tags is 'a'"],
    [{ tags: ['a', 5] }, 'tags is an array'],
    [{ status: 'up' }, "status is 'up'"],
    [{ zone: '' }, "zone is ''"],
    [{ healthCheckPath: {} }, 'healthCheckPath is an object'],
    [{ healthCheckInterval: '30s' }, "healthCheckInterval is '30s'"],
    [{ healthCheckInterval: -1 }, 'healthCheckInterval is -1'],
    [{ lastHeartbeat: true }, 'lastHeartbeat is true'],
    [{ registeredAt: null }, 'registeredAt is null'],
  ])('%j: %s', (differences, message) => {
    expect(complaint(differences)).toThrow(new Error(message))
  })

  it.each(['id', 'name', 'host', 'port'])('without %s', (part) => {
    expect(complaint({ [part]: undefined })).toThrow(`${part} is undefined`)
  })

  it.each(['5', 'null', '[]', '"orders"'])('%s', (json) => {
    expect(() => decodeInstance(json)).toThrow('expected a JSON object')
  })

  it('never comes through, whatever the text', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (anything) => {
        expect(() => decodeInstance(anything)).toThrow(Error)
      }),
    ))
})
