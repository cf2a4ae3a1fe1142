import { describe, expect, it } from 'vitest'
import { checkConfig, checkRoute } from './check.js'
import type { TransformConfig } from './definition.js'
import { problemsOf } from './problems-of.fixture.js'

const check = (transform: unknown) =>
  checkRoute({ path: '/', serviceName: 'a', trafficPolicy: { transform } }, checkConfig({}).gateway).transform
const body = (bytes: Buffer) => bytes

describe('a wrong transform', () => {
  it.each([
    [{ request: { body: 'upper' } }, 'request.body', /expected a function of the bytes that gives the new body, got 'upper'/],
    [{ response: { body, when: true } }, 'response.when', /expected a function of the head that gives true or false, got true/],
    [{ response: { body, maxBytes: 0 } }, 'response.maxBytes', /at least 1, got 0/],
    [{ request: { maxBytes: 5 } }, 'request.maxBytes', /there is no function for them/],
    [{ response: { when: () => true } }, 'response.when', /there is no function for them/],
    [{ request: { bdy: body } }, 'request.bdy', 'unknown option; did you mean body?'],
    [{ reqest: {} }, 'reqest', /did you mean request/],
  ])('%j', (transform, path, message) => {
    const problems = problemsOf(() => check(transform))
    expect(problems).toEqual([{ path: `route.trafficPolicy.transform.${path}`, message: expect.stringMatching(message) as string }])
  })
})

describe('a resolved transform', () => {
  it('has the default limit, and asks services for whole answers without compression', () => {
    const transform: TransformConfig = { request: { remove: ['X-A'] }, response: { body, set: { 'X-B': '1' } } }
    expect(check(transform)).toMatchObject({
      requestEdits: { set: { 'accept-encoding': 'identity' }, remove: ['X-A', 'range', 'if-range'] },
      responseEdits: { set: { 'X-B': '1' } },
      requestBody: undefined,
      responseBody: { body, when: undefined, maxBytes: 1_048_576 },
    })
  })

  it('leaves requests alone without a function of the answer, and keeps what the route itself accepts', () => {
    expect(check({ request: { body } })?.requestEdits.set).toBeUndefined()
    const set = { 'Accept-Encoding': 'gzip' }
    expect(check({ request: { set }, response: { body } })?.requestEdits.set).toEqual(set)
  })
})
