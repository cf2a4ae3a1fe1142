import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import { CorruptEntries, EntryReader } from './entry-reader.js'
import { encodeInstance } from './instance-record.js'

const good = encodeInstance(sampleInstance())

function setup() {
  const warn = vi.fn()
  const logger = { debug: vi.fn(), info: vi.fn(), warn, error: vi.fn() }
  return { reader: new EntryReader(new CorruptEntries('Redis', logger)), warn }
}

describe('EntryReader', () => {
  it('gives the same object for the same text under the same key, and another for another', () => {
    const { reader } = setup()
    const first = reader.read('a', good)
    expect(first).toEqual(sampleInstance())
    expect(reader.read('a', good)).toBe(first)
    expect(reader.read('b', good)).not.toBe(first)
    const other = reader.read('a', encodeInstance(sampleInstance({ status: 'DOWN' })))
    expect(other?.status).toBe('DOWN')
    expect(reader.read('a', good)).not.toBe(first)
  })

  it('reports a corrupt entry once, and again when it is corrupt in another way', () => {
    const { reader, warn } = setup()
    for (const text of ['{}', '{}', '{"id":5}', '{"id":5}']) expect(reader.read('a', text)).toBeUndefined()
    expect(warn.mock.calls.map(([fields]) => fields as unknown)).toEqual([
      { key: 'a', error: 'id is undefined' },
      { key: 'a', error: 'id is 5' },
    ])
    expect(warn.mock.calls[0]?.[1]).toBe(
      'Redis holds an entry that is no service instance; it is left out. Correct or delete a: id is undefined',
    )
  })

  it('reports it anew after it was good, or was gone', () => {
    const { reader, warn } = setup()
    reader.read('a', '{}')
    expect(reader.read('a', good)).toEqual(sampleInstance())
    reader.read('a', '{}')
    reader.forget('a')
    reader.read('a', '{}')
    expect(warn).toHaveBeenCalledTimes(3)
  })

  it('forgets an instance that is gone', () => {
    const { reader } = setup()
    const first = reader.read('a', good)
    reader.forget('a')
    expect(reader.read('a', good)).not.toBe(first)
  })

  it('is not hurt by a logger that throws', () => {
    const warning = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    const { reader, warn } = setup()
    warn.mockImplementation(() => {
      throw new Error('disk full')
    })
    expect(reader.read('a', '{}')).toBeUndefined()
    warning.mockRestore()
  })
})

describe('CorruptEntries', () => {
  let warning: MockInstance<typeof process.emitWarning>
  beforeEach(() => {
    warning = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
  })
  afterEach(() => warning.mockRestore())

  it('warns the process where there is no logger', () => {
    new CorruptEntries('etcd', undefined).report('a', new Error('port is 0'))
    expect(warning).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^etcd holds .* a: port is 0$/), 'HazelRegistryWarning')
  })

  it('says once that there are more than it remembers, and no more about them', () => {
    const corrupt = new CorruptEntries('etcd', undefined)
    const reportAll = () => {
      for (let key = 0; key < 1_100; key++) corrupt.report(`key-${key}`, new Error('port is 0'))
    }
    reportAll()
    expect(warning).toHaveBeenCalledTimes(1_001)
    expect(warning.mock.lastCall?.[0]).toMatch('more than 1000 entries')
    reportAll()
    expect(warning).toHaveBeenCalledTimes(1_001)
    corrupt.forget('key-0')
    corrupt.report('key-1050', new Error('port is 0'))
    expect(warning).toHaveBeenCalledTimes(1_002)
  })
})
