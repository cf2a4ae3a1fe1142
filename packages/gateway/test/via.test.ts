import { describe, expect, it } from 'vitest'
import { GatewayServer } from '../src/index.js'
import { MemoryRegistryBackend, register, send, startGateway, startProxy, startUpstream } from './harness.js'
import { fieldLines, fieldValues, rawClient, startRawUpstream } from './raw-http.js'

const toOther = { routes: [{ path: '/**', serviceName: 'other' }] }

describe('Via', () => {
  it('is continued both ways', async () => {
    const upstream = await startRawUpstream((socket) => socket.write('HTTP/1.1 200 OK\r\nVia: 1.0 cache\r\nContent-Length: 2\r\n\r\nok'))
    const { port } = await startProxy([upstream.port], {}, { pseudonym: 'edge-1' })
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 front\r\n\r\n')
    const answer = fieldLines(await client.until('ok'))
    expect(fieldValues(answer, 'via')).toEqual(['1.0 cache', '1.1 edge-1'])
    expect(fieldValues(fieldLines(upstream.received[0] as string), 'via')).toEqual(['1.1 front', '1.1 edge-1'])
  })

  it('names gateways differently that have no name of their own', async () => {
    const upstream = await startUpstream((_request, response) => response.end())
    const names = await Promise.all([1, 2].map(async () => (await send((await startProxy([upstream.port])).port, '/')).headers.via))
    expect(names[0]).toMatch(/^1\.1 hazeljs-[0-9a-f]{8}$/)
    expect(names[1]).not.toBe(names[0])
  })

  it('is not on what the gateway answers itself', async () => {
    const { port } = await startProxy([])
    expect((await send(port, '/')).headers.via).toBeUndefined()
  })

  it('ends a request that goes round between two gateways, with the first that sees it again', async () => {
    const backends = [new MemoryRegistryBackend(), new MemoryRegistryBackend()] as const
    const first = await startGateway({ ...toOther, pseudonym: 'first' }, backends[0])
    const second = await startGateway({ ...toOther, pseudonym: 'second' }, backends[1])
    await register(backends[0], 'other', second.port)
    await register(backends[1], 'other', first.port)
    const answer = await send(first.port, '/', { method: 'POST', body: 'round' })
    expect(answer.status).toBe(508)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(JSON.parse(answer.text)).toMatchObject({ status: 508, code: 'LOOP_DETECTED' })
    expect(answer.headers.via).toBe('1.1 second, 1.1 first')
    expect(first.gateway.getMetrics().getSnapshot().aggregated.totalCalls).toBe(2)
    expect(second.gateway.getMetrics().getSnapshot().aggregated.totalCalls).toBe(1)
  })

  it('is no loop where one gateway stands behind another', async () => {
    const upstream = await startUpstream((request, response) => response.end(request.headers.via))
    const inner = await startProxy([upstream.port], {}, { pseudonym: 'inner' })
    const outer = await startProxy([inner.port], {}, { pseudonym: 'outer' })
    expect(await send(outer.port, '/')).toMatchObject({ status: 200, text: '1.1 outer, 1.1 inner' })
  })

  it.each(['two words', '', 'a,b', 'a:80', 5])('%j is no pseudonym', (pseudonym) => {
    expect(() => new GatewayServer({ pseudonym } as object)).toThrow(/pseudonym: expected a name/)
  })
})
