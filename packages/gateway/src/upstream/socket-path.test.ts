import { describe, expect, it } from 'vitest'
import { socketPathOf } from './socket-path.js'

const of = (socketPath: unknown, directory: string | undefined = '/run/services') =>
  socketPathOf({ id: 'a:1', metadata: socketPath === undefined ? {} : { socketPath } }, directory)

describe('socketPathOf', () => {
  it('gives a path below the directory, and nothing where there is none', () => {
    expect(of('/run/services/a.sock')).toBe('/run/services/a.sock')
    expect(of('/run/services/deep/a.sock', '/run/services/')).toBe('/run/services/deep/a.sock')
    expect(of(undefined)).toBeUndefined()
  })

  it.each([
    '/run/docker.sock',
    '/run/services',
    '/run/services-of-others/a.sock',
    '/run/services/../docker.sock',
    '/run/services/x/../../docker.sock',
    'a.sock',
    '\0abstract',
    '/run/services/a\0.sock',
    '',
    7,
    null,
  ])('refuses %j', (socketPath) => {
    expect(() => of(socketPath)).toThrow(/is no path below upstream\.socketDirectory/)
  })

  it('refuses one that the system would cut off', () => {
    expect(() => of(`/run/services/${'é'.repeat(45)}`)).toThrow(/longer than 103 bytes/)
  })

  it('refuses any where the configuration allows none', () => {
    expect(() => socketPathOf({ id: 'a:1', metadata: { socketPath: '/run/a.sock' } }, undefined)).toThrow(/socketDirectory is not set/)
  })
})
