import { describe, expect, it } from 'vitest'
import { addForwarded, hasPassed, type Arrival } from './forwarded.js'

const arrival: Arrival = {
  peerTrusted: false,
  peer: '::ffff:192.0.2.1',
  proto: 'https',
  host: 'shop.example',
  requestId: undefined,
  httpVersion: '1.1',
}

function forwarded(changes: Partial<Arrival> = {}, chain?: string, hasProto = false, hasHost = false): string[] {
  const headers: string[] = []
  addForwarded(headers, { ...arrival, ...changes }, chain, hasProto, hasHost)
  return headers
}

describe('addForwarded', () => {
  it('tells address, protocol and host', () => {
    expect(forwarded()).toEqual(['x-forwarded-for', '192.0.2.1', 'x-forwarded-proto', 'https', 'x-forwarded-host', 'shop.example'])
  })

  it('continues a chain and leaves what is there', () => {
    expect(forwarded({ peer: 'fe80::1%eth0' }, '198.51.100.1', true, true)).toEqual(['x-forwarded-for', '198.51.100.1, fe80::1'])
  })

  it('tells nothing that is not known', () => {
    expect(forwarded({ peer: '', host: '' })).toEqual(['x-forwarded-proto', 'https'])
    expect(forwarded({ peer: '', host: '' }, '198.51.100.1')).toEqual(['x-forwarded-for', '198.51.100.1', 'x-forwarded-proto', 'https'])
  })
})

describe('hasPassed', () => {
  it.each(['1.1 gw', '1.0 fred, 1.1 gw', '1.1 GW (hazel)', 'HTTP/1.1 gw', '1.1\tgw ,1.1 other'])('finds the pseudonym in %j', (via) => {
    expect(hasPassed(via, 'gw')).toBe(true)
  })

  it.each(['', '1.1 other', '1.1 gw2', '1.1 other (gw)', 'gw', '1.1 gw:80'])('does not find it in %j', (via) => {
    expect(hasPassed(via, 'Gw')).toBe(false)
  })
})
