import { describe, expect, it } from 'vitest'
import { ClientAddresses, maxProxies, networkOf, plainAddress, trustedProxyProblems } from './client-address.js'

describe('isTrusted', () => {
  const addresses = new ClientAddresses(['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '::ffff:198.51.100.0/120'])

  it.each(['10.1.2.3', '192.0.2.7', '::ffff:10.1.2.3', 'fd00::1', 'fd12:3456::1%eth0', '198.51.100.9', '::ffff:198.51.100.9'])(
    'trusts %s',
    (peer) => {
      expect(addresses.isTrusted(peer)).toBe(true)
      expect(addresses.isTrusted(peer)).toBe(true)
    },
  )

  it.each(['11.0.0.1', '192.0.2.8', '::ffff:11.0.0.1', 'fe80::1%eth0', '198.51.101.9', '', 'unknown', '10.0.0', '10.0.0.1.evil'])(
    'does not trust %j',
    (peer) => {
      expect(addresses.isTrusted(peer)).toBe(false)
    },
  )

  it('trusts nobody by default, and all where the range says so', () => {
    expect(new ClientAddresses([]).isTrusted('127.0.0.1')).toBe(false)
    expect(new ClientAddresses(['0.0.0.0/0']).isTrusted('203.0.113.1')).toBe(true)
    expect(new ClientAddresses(['::/0']).isTrusted('2001:db8::1')).toBe(true)
  })

  it('stays right when more peers come than it remembers', () => {
    for (let i = 0; i < 10_000; i++) expect(addresses.isTrusted(`${i % 2 === 0 ? 10 : 11}.0.${i >> 8}.${i & 255}`)).toBe(i % 2 === 0)
  })
})

describe('clientIp', () => {
  const addresses = new ClientAddresses(['10.0.0.0/8', 'fd00::/8'])

  it.each([
    ['the peer when it is not trusted', '203.0.113.9', ['198.51.100.1'], '203.0.113.9'],
    ['the peer when nothing is forwarded', '10.0.0.1', [], '10.0.0.1'],
    ['what a trusted peer forwards', '10.0.0.1', ['198.51.100.1'], '198.51.100.1'],
    ['the first untrusted from the right', '10.0.0.1', ['6.6.6.6, 198.51.100.1, 10.0.0.2'], '198.51.100.1'],
    ['across several lines', '10.0.0.1', ['6.6.6.6', '198.51.100.1,10.0.0.3', '10.0.0.2'], '198.51.100.1'],
    ['the leftmost when all are trusted', '10.0.0.1', ['10.0.0.3, 10.0.0.2'], '10.0.0.3'],
    ['an entry with a port', '10.0.0.1', ['198.51.100.1:51234'], '198.51.100.1'],
    ['an IPv6 entry with a port', '10.0.0.1', ['[2001:db8::1]:51234'], '2001:db8::1'],
    ['an IPv6 entry in brackets', '10.0.0.1', ['[2001:db8::1]'], '2001:db8::1'],
    ['an IPv6 entry in one spelling', '10.0.0.1', ['2001:DB8:0:0::1'], '2001:db8::1'],
    ['IPv4 in IPv6', '::ffff:10.0.0.1', ['::ffff:198.51.100.1'], '198.51.100.1'],
    ['IPv4 in IPv6 in hexadecimal', '10.0.0.1', ['::ffff:c633:6401'], '198.51.100.1'],
    ['a trusted hop in IPv6', 'fd00::1', ['198.51.100.1, fd00::2'], '198.51.100.1'],
    ['without its zone', 'fe80::1%eth0', [], 'fe80::1'],
    ['an entry without its zone', '10.0.0.1', ['fe80::1%eth0'], 'fe80::1'],
    ['the proxy that vouched for garbage', '10.0.0.1', ['198.51.100.1, unknown'], '10.0.0.1'],
    ['the last good one before garbage', '10.0.0.1', ['198.51.100.1, _hidden, 10.0.0.2'], '10.0.0.2'],
    ['the last good one before an empty entry', '10.0.0.1', ['198.51.100.1,,10.0.0.2'], '10.0.0.2'],
    ['the peer for an empty value', '10.0.0.1', [''], '10.0.0.1'],
    ['the proxy that vouched for an empty first entry', '10.0.0.1', [',10.0.0.2'], '10.0.0.2'],
    ['the peer for an entry that only looks like an address', '10.0.0.1', ['999.1.1.1:80'], '10.0.0.1'],
    ['nothing where there is no connection', '', ['198.51.100.1'], ''],
  ])('is %s', (_, peer, forwardedFor, expected) => {
    expect(addresses.clientIp(peer, forwardedFor)).toBe(expected)
  })

  it('goes through as many proxies as a chain may have, and no further', () => {
    const proxies = (count: number) => Array.from({ length: count }, (_, index) => `fd00::${(index + 1).toString(16)}`).join(',')
    expect(addresses.clientIp('10.0.0.1', [`198.51.100.1,${proxies(maxProxies - 1)}`])).toBe('198.51.100.1')
    expect(addresses.clientIp('10.0.0.1', [`198.51.100.1,${proxies(maxProxies)}`])).toBe('fd00::1')
    expect(
      addresses.clientIp(
        '10.0.0.1',
        Array.from({ length: maxProxies + 1 }, () => '10.0.0.2'),
      ),
    ).toBe('10.0.0.2')
  })

  it('believes nobody by default', () => {
    expect(new ClientAddresses([]).clientIp('::ffff:127.0.0.1', ['198.51.100.1'])).toBe('127.0.0.1')
  })
})

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '::1'],
  ['::ffff:127.0.0.1', '127.0.0.1'],
  ['::ffff:1', '::ffff:1'],
  ['fe80::1%2', 'fe80::1'],
  ['', ''],
])('plainAddress of %j is %j', (address, plain) => {
  expect(plainAddress(address)).toBe(plain)
})

it.each([
  ['203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8:1::6', '2001:db8:1:0::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8::2:3:4:5:6', '2001:db8:0:2::/64'],
  ['2001::2:3:4:5:6:7', '2001:0:2:3::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['1::', '1:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['::2:3:4:5:6:192.0.2.1', '0:2:3:4::/64'],
  ['', ''],
  ['no address', 'no address'],
])('networkOf of %j is %j', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

describe('trustedProxyProblems', () => {
  it('has none with addresses and ranges', () => {
    expect(trustedProxyProblems(['10.0.0.0/8', '10.0.0.1', '::1', 'fd00::/8', '0.0.0.0/0', '::ffff:10.0.0.0/104'])).toEqual([])
  })

  it('lists every entry that is neither', () => {
    const bad = ['10.0.0.0/33', '10.0.0/8', 'fd00::/129', 'fe80::1%eth0', 'localhost', '', '10.0.0.0/', '10.0.0.0/-1', ' 10.0.0.1', 7, null]
    expect(trustedProxyProblems(['10.0.0.1', ...bad]).map(({ path }) => path)).toEqual(
      bad.map((_, index) => `trustedProxies[${index + 1}]`),
    )
    expect(trustedProxyProblems(['10.0.0.0/33'])[0]?.message).toBe(
      "expected an address or a range such as '10.0.0.0/8' or 'fd00::/8', got '10.0.0.0/33'",
    )
  })
})
