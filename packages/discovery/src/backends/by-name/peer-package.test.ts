import { expect, it } from 'vitest'
import { problemsOf } from '@hazeljs/core'
import { cannotLoad, isInstalled, needPackage } from './peer-package.js'

it.each([
  ['ioredis', true],
  ['consul', true],
  ['@kubernetes/client-node', true],
  ['@hazeljs/no-such-package', false],
])('%s is installed: %s', (name, installed) => {
  expect(isInstalled(name)).toBe(installed)
})

it('says what to do about a missing package', () => {
  const problems = problemsOf<{ readonly backend?: unknown }>((options) => needPackage(options, 'redis', '@hazeljs/no-such-package'), {})
  const message = "'redis' needs the package @hazeljs/no-such-package: npm install @hazeljs/no-such-package"
  expect(problems).toEqual([{ path: 'backend', message }])
})

it('says which package could not be loaded', () => {
  const cause = new Error('broken')
  expect(cannotLoad('redis', cause)).toMatchObject({
    code: 'REGISTRY_UNAVAILABLE',
    message: 'The package redis could not be loaded: broken',
    cause,
  })
})
