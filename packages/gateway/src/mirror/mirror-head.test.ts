import { describe, expect, it } from 'vitest'
import { mirrorHead } from './mirror-head.js'

const plain = { headers: {}, keepCredentials: false }

describe('mirrorHead', () => {
  it('says that it is a copy, and goes without credentials and what belongs to the original', () => {
    const head = mirrorHead(plain)
    const came = ['Authorization', 'x', 'X-A', '1', 'COOKIE', 'a=1', 'host', 'shop', 'X-Shadow', '0', 'X-A', '2', 'via', '1.1 us']
    expect(head([...came, 'X-Api-Key', 'k', 'Content-Length', '3', 'Proxy-Authorization', 'y', 'X-CSRF-Token', 't'])).toEqual([
      'X-Shadow',
      '1',
      'X-A',
      '1',
      'X-A',
      '2',
      'via',
      '1.1 us',
    ])
  })

  it('keeps credentials where it is told to', () => {
    const head = mirrorHead({ ...plain, keepCredentials: true })
    expect(head(['Authorization', 'x', 'Cookie', 'a=1', 'Host', 'shop'])).toEqual(['X-Shadow', '1', 'Authorization', 'x', 'Cookie', 'a=1'])
  })

  it('has the last word in its edits', () => {
    const edits = { set: { Authorization: 'Bearer shadow', Host: 'shadow.test', 'X-Shadow': 'yes' }, remove: ['X-Trace'] }
    const head = mirrorHead({ ...plain, headers: edits })
    expect(head(['authorization', 'x', 'x-trace', '1', 'x-b', '2'])).toEqual([
      'Authorization',
      'Bearer shadow',
      'Host',
      'shadow.test',
      'X-Shadow',
      'yes',
      'x-b',
      '2',
    ])
    expect(mirrorHead({ ...plain, headers: { remove: ['x-shadow'] } })(['A', '1'])).toEqual(['A', '1'])
  })
})
