import { describe, expect, it } from 'vitest'
import { uriPrefix, versionInPath } from './version-in-path.js'

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
    ['/api/users/v22', undefined],
    ['/api/usersv2/v2', undefined],
    ['/api/users/toString', undefined],
  ])('reads the segment after the prefix of %s', (path, version) => {
    expect(versionInPath(path, '/api/users', versions)).toBe(version)
  })

  it('takes the first segment that names a version where no prefix is known', () => {
    expect(versionInPath('/api/v2/users/v1', undefined, versions)).toBe('v2')
    expect(versionInPath('/api/users', undefined, versions)).toBeUndefined()
  })
})
