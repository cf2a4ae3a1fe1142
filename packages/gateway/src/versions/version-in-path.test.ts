import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { canonicalPath } from '../http/target.js'
import { uriPrefix, versionInPath, withoutVersion } from './version-in-path.js'

const versions = { v1: {}, v2: {} }

describe('uriPrefix', () => {
  it.each([
    ['/api/users/**', '/api/users'],
    ['/api/:version/users', '/api'],
    ['/api/*/users', '/api'],
    ['/:version/**', ''],
    ['/**', ''],
    ['/api/users', '/api/users'],
    ['no slash', ''],
  ])('of %s is %s', (path, prefix) => {
    expect(uriPrefix(path)).toBe(prefix)
  })
})

describe('versionInPath', () => {
  it.each([
    ['/api/users/v2/7', 'v2'],
    ['/api/users/v2', 'v2'],
    ['/api/users/7/v2', undefined],
    ['/api/users', undefined],
    ['/api/users/v22', 'v22'],
    ['/api/users/V1.2/7', 'V1.2'],
    ['/api/users/v', undefined],
    ['/api/users/7', undefined],
    ['/api/users/video', undefined],
    ['/api/usersv2/v2', undefined],
    ['/api/users/toString', undefined],
  ])('reads the segment after the prefix of %s', (path, version) => {
    expect(versionInPath(path, '/api/users', versions)).toBe(version)
  })

  it('takes the first segment that names a version where no prefix is known', () => {
    expect(versionInPath('/api/v2/users/v1', undefined, versions)).toBe('v2')
    expect(versionInPath('/v9/users/v1', undefined, versions)).toBe('v1')
    expect(versionInPath('/api/v9/users', undefined, versions)).toBe('v9')
    expect(versionInPath('/api/users', undefined, versions)).toBeUndefined()
  })
})

describe('withoutVersion', () => {
  it.each([
    ['/api/users/v2/7', '/api/users', '/api/users/7'],
    ['/api/users/v2', '/api/users', '/api/users'],
    ['/api/users/v2/', '/api/users', '/api/users/'],
    ['/api/users/v2/v1', '/api/users', '/api/users/v1'],
    ['/v2/7', '', '/7'],
    ['/v2', '', '/'],
    ['/v2/', '', '/'],
    ['/api/users/v9/7', '/api/users', '/api/users/v9/7'],
    ['/api/users/7/v2', '/api/users', '/api/users/7/v2'],
    ['/api/users', '/api/users', '/api/users'],
    ['/api/v2/users', undefined, '/api/users'],
    ['/v2', undefined, '/'],
    ['/v22/v2/a', undefined, '/v22/a'],
  ])('of %s behind %s is %s', (path, prefix, rest) => {
    expect(withoutVersion(path, prefix, versions)).toBe(rest)
  })

  it('leaves one segment less and a canonical path', () => {
    const segment = fc.constantFrom('v1', 'v2', 'a', 'v9', '7', '%2E', '..', '.', '', '%76%31', 'b%20c')
    fc.assert(
      fc.property(fc.array(segment), fc.boolean(), (segments, isPrefixed) => {
        const path = canonicalPath(`/api/${segments.join('/')}`)
        if (typeof path !== 'string') return
        const prefix = isPrefixed ? '/api' : undefined
        const rest = withoutVersion(path, prefix, versions)
        expect(canonicalPath(rest)).toBe(rest)
        const asked = versionInPath(path, prefix, versions)
        if (asked === undefined || !Object.hasOwn(versions, asked)) expect(rest).toBe(path)
        else {
          const segments = path.split('/')
          expect(rest).toBe(segments.toSpliced(segments.indexOf(asked), 1).join('/') || '/')
        }
      }),
    )
  })
})
