import { describe, expect, it } from 'vitest'
import { versionInMediaTypes } from './media-type-version.js'

const versions = { v1: {}, v2: {}, '2024-06': {} }
const accepted = (...values: string[]) =>
  versionInMediaTypes(
    values.flatMap((value) => ['Accept', value]),
    'GET',
    'version',
    versions,
  )

describe('versionInMediaTypes', () => {
  it.each([
    ['application/json; version=v2', 'v2'],
    ['application/json; version=2', 'v2'],
    ['application/json; VERSION="2"', 'v2'],
    ['application/json; version=2024-06', '2024-06'],
    ['application/vnd.shop.v2+json', 'v2'],
    ['application/VND.Shop.V2+json', 'v2'],
    ['application/vnd.shop.v2', 'v2'],
    ['application/vnd.github.v2.raw+json', 'v2'],
    ['application/vnd.shop.v1+json; version=2', 'v2'],
    ['application/vnd.shop.v1+json;q=0.5, application/vnd.shop.v2+json', 'v2'],
    ['application/json;version=1, application/json;version=2', 'v1'],
    ['application/json;version=2;q=0, application/json;version=1;q=0.1', 'v1'],
    ['application/json;version=9, application/json;version=2;q=0.1', 'v2'],
    ['*/*, application/json;version=2;q=0.1', 'v2'],
  ])('finds it in %s', (value, version) => {
    expect(accepted(value)).toBe(version)
  })

  it.each([
    ['application/vnd.shop.v1.2+json', 'v1.2'],
    ['application/vnd.shop.V1.2.raw+json', 'v1.2'],
    ['application/vnd.shop.v1+json', 'v1'],
    ['application/vnd.shop.v1.3+json', 'v1'],
    ['application/vnd.shop.beta+json', 'Beta'],
    ['application/vnd.shop.beta.v1+json', 'Beta'],
    ['application/vnd.shop.2024-06.v1.2+json', '2024-06'],
    ['application/vnd.shop.v4.5+json', 'v4.5'],
    ['application/vnd.shop.v4.5.raw+json', 'v4.5'],
  ])('finds versions with dots and capitals in the vendor’s types: %s', (value, version) => {
    const more = { ...versions, 'v1.2': {}, Beta: {} }
    expect(versionInMediaTypes(['Accept', value], 'GET', 'version', more)).toBe(version)
  })

  it.each([
    'application/json',
    '*/*',
    'application/vnd.ms-excel',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/json; version=',
    'application/json; version=2; q=0',
    'application/json; version=2; q=much',
    'application/x.shop.v2+json',
    'application/vnd.v2+json',
  ])('finds none in %s', (value) => {
    expect(accepted(value)).toBeUndefined()
  })

  it('gives one that is unknown, unless the request would have any', () => {
    expect(accepted('application/json; version=9')).toBe('9')
    expect(accepted('application/vnd.shop.v9+json')).toBe('v9')
    expect(accepted('application/vnd.shop.v9+json, application/json')).toBeUndefined()
    expect(accepted('application/vnd.shop.v9+json, */*;q=0')).toBe('v9')
    expect(accepted('application/json; version=constructor')).toBe('constructor')
  })

  it('reads all lines of Accept as one', () => {
    expect(accepted('text/html', 'application/json;version=1;q=0.5', 'application/json;version=2')).toBe('v2')
  })

  it('takes the word of Content-Type only where Accept says nothing and the method brings something', () => {
    const typed = (method: string, ...more: string[]) =>
      versionInMediaTypes(['Content-Type', 'application/vnd.shop.v2+json', ...more], method, 'version', versions)
    expect(typed('POST')).toBe('v2')
    expect(typed('PATCH', 'Accept', '*/*')).toBe('v2')
    expect(typed('POST', 'Accept', 'application/json; version=1')).toBe('v1')
    expect(typed('POST', 'Accept', 'application/json; version=9')).toBe('9')
    expect(typed('POST', 'Accept', 'application/json; version=9, */*')).toBeUndefined()
    expect(typed('GET')).toBeUndefined()
    expect(typed('HEAD')).toBeUndefined()
  })
})
