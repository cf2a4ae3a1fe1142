import { describe, expect, it } from 'vitest'
import type { SlicePort } from './endpoint-slice.js'
import { choosePort } from './slice-ports.js'

const chosen = (ports: readonly SlicePort[], portName?: string, protocol?: 'http' | 'https' | 'grpc') => {
  const { port, protocol: spoken } = choosePort(ports, { portName, protocol })
  return `${spoken} ${port}`
}

describe('choosePort', () => {
  it('takes the only one, whatever its name', () => {
    expect(chosen([{ name: 'web', port: 80 }])).toBe('http 80')
    expect(chosen([{ port: 80 }])).toBe('http 80')
  })

  it('takes the first of several that is called http, https or grpc, or said to speak it', () => {
    const metrics = { name: 'metrics', port: 9_090 }
    expect(chosen([metrics, { name: 'http', port: 80 }, { name: 'https', port: 443 }])).toBe('http 80')
    expect(chosen([metrics, { name: 'grpc', port: 50 }])).toBe('grpc 50')
    expect(chosen([metrics, { name: 'tls', port: 443, appProtocol: 'HTTPS' }])).toBe('https 443')
    expect(chosen([metrics, { name: 'admin', port: 1 }])).toBe('http 9090')
  })

  it.each([
    [{ name: 'http-web' }, 'http'],
    [{ name: 'https-web' }, 'https'],
    [{ name: 'grpc-users' }, 'grpc'],
    [{ name: 'grpc-web' }, 'http'],
    [{ name: 'httpx' }, 'http'],
    [{ name: 'https', appProtocol: 'kubernetes.io/h2c' }, 'http'],
    [{ name: 'http', appProtocol: 'kubernetes.io/wss' }, 'https'],
    [{ name: 'https', appProtocol: 'redis' }, 'https'],
    [{ name: null, appProtocol: null }, 'http'],
  ])('reads the protocol of %j as %s', (port, protocol) => {
    expect(chosen([{ ...port, port: 80 }])).toBe(`${protocol} 80`)
  })

  it('obeys the name and the protocol that were asked for', () => {
    const ports = [
      { name: 'http', port: 80 },
      { name: 'admin', port: 81 },
    ]
    expect(chosen(ports, 'admin', 'https')).toBe('https 81')
    expect(() => chosen(ports, 'web')).toThrow("it has no TCP port named 'web'; it has 'http', 'admin'")
  })

  it('takes no port of UDP or SCTP', () => {
    const dns = { name: 'http', port: 53, protocol: 'UDP' }
    expect(chosen([dns, { name: 'web', port: 80, protocol: 'TCP' }])).toBe('http 80')
    expect(() => chosen([dns])).toThrow('it has no TCP port; it has none')
    expect(() => chosen([])).toThrow('it has no TCP port; it has none')
  })

  it.each([null, undefined, 0, 65_536, 1.5, '80'])('refuses %s as a port', (port) => {
    expect(() => chosen([{ port: port as number }])).toThrow('port is ')
  })
})
