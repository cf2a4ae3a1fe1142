import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '@hazeljs/core'
import { type Endpoint, LoadBalancerFactory } from '@hazeljs/discovery'
import { MetricsCollector } from '@hazeljs/resilience'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createGatewayHandler } from '../src/index.js'
import { afterTest, recordingLogger, send, startProxy, startUpstream } from './harness.js'

const unhandled: unknown[] = []
const onUnhandled = (reason: unknown) => unhandled.push(reason)

beforeEach(() => {
  process.on('unhandledRejection', onUnhandled)
})

afterEach(async () => {
  vi.restoreAllMocks()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled.splice(0)).toEqual([])
})

const fine = () => startUpstream((_request, response) => response.end('fine'))

/** The machine's clock, until `broken`. */
class BreakingClock implements Clock {
  broken = false
  readonly #check = (): Clock => {
    if (this.broken) throw new Error('clock')
    return systemClock
  }
  readonly now: Clock['now'] = () => this.#check().now()
  readonly wallTime: Clock['wallTime'] = () => this.#check().wallTime()
  readonly setTimer: Clock['setTimer'] = (...args) => this.#check().setTimer(...args)
  readonly clearTimer: Clock['clearTimer'] = (timer) => {
    this.#check().clearTimer(timer)
  }
  readonly keepAlive: Clock['keepAlive'] = (...args) => {
    this.#check().keepAlive(...args)
  }
  readonly sleep: Clock['sleep'] = (...args) => this.#check().sleep(...args)
}

describe('the gateway serves on', () => {
  it('with a clock that throws', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const clock = new BreakingClock()
    const { port: upstream } = await fine()
    const policies = { timeout: '5s', attemptTimeout: '2s', retry: { maxAttempts: 1 }, bulkhead: { maxConcurrent: 1, maxQueue: 1 } }
    const rateLimit = { strategy: 'sliding-window' as const, max: 100, window: '1h' }
    const route = { trafficPolicy: policies, circuitBreaker: {}, rateLimit }
    const { gateway, port } = await startProxy([upstream], route, { middleware: { logging: true } }, { clock })
    expect((await send(port, '/')).status).toBe(200)
    clock.broken = true
    for (let i = 0; i < 3; i++) expect(await send(port, '/')).toMatchObject({ status: 200, text: 'fine' })
    expect((await gateway.explain({ method: 'GET', path: '/' })).outcome).toBe('forward')
    expect(warn).toHaveBeenCalledWith('The clock threw: clock', expect.anything())
    clock.broken = false
    await gateway.close({ drainTimeout: '1s' })
  })

  it('with metrics that throw', async () => {
    vi.spyOn(MetricsCollector.prototype, 'recordSuccess').mockImplementation(() => {
      throw new Error('metrics')
    })
    const { logger, lines } = recordingLogger()
    const { port: upstream } = await fine()
    const { gateway, port } = await startProxy([upstream], {}, {}, { logger })
    for (let i = 0; i < 3; i++) expect((await send(port, '/')).status).toBe(200)
    expect((await gateway.handleRequest({ method: 'GET', path: '/' })).status).toBe(200)
    expect(lines.filter(({ message }) => message === 'a request could not be counted')).toHaveLength(4)
    await gateway.close({ drainTimeout: '5s' })
  })

  it.each([
    { part: 'choose', status: 500 },
    { part: 'settled', status: 200 },
  ])('with a balancing strategy whose $part throws', async ({ part, status }) => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const boom = () => {
      throw new Error('strategy')
    }
    LoadBalancerFactory.register(`faulty-${part}`, () => {
      let first: Endpoint | undefined
      return {
        update: ({ endpoints }) => {
          first = endpoints[0]
        },
        choose: part === 'choose' ? boom : () => first,
        settled: boom,
      }
    })
    const { port: upstream } = await fine()
    const { gateway, port } = await startProxy([upstream], { serviceConfig: { loadBalancingStrategy: `faulty-${part}` } })
    for (let i = 0; i < 3; i++) expect((await send(port, '/')).status).toBe(status)
    await gateway.close({ drainTimeout: '5s' })
  })

  it.each([
    { what: 'rejects', key: () => Promise.reject(new Error('never waited for')) },
    {
      what: 'throws',
      key: () => {
        throw new Error('key')
      },
    },
    { what: 'is no string', key: () => undefined },
  ] satisfies { what: string; key: () => unknown }[])(
    'with a key of a rate limit that $what: 500',
    async ({ key }: { key: () => unknown }) => {
      const { port: upstream } = await fine()
      const rateLimit = { strategy: 'token-bucket' as const, max: 9, window: '1h', key: key as () => string }
      const { gateway, port } = await startProxy([upstream], { rateLimit })
      expect((await send(port, '/')).status).toBe(500)
      expect((await gateway.explain({ method: 'GET', path: '/' })).refusal?.code).toBe('INTERNAL')
    },
  )

  it('behind a server whose responses throw: the connection is cut, and the next one served', async () => {
    const { port: upstream } = await fine()
    const { logger, lines } = recordingLogger()
    const { gateway } = await startProxy([upstream], {}, {}, { logger })
    const handle = createGatewayHandler(gateway)
    const server = createServer((request, response) => {
      if (request.url === '/bad') {
        response.writeHead = () => {
          throw new Error('writeHead')
        }
      }
      handle(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    afterTest(() => void server.close())
    const { port } = server.address() as AddressInfo
    await expect(send(port, '/bad')).rejects.toThrow()
    expect(lines.some(({ message }) => message === 'an error could not be answered')).toBe(true)
    expect((await send(port, '/good')).status).toBe(200)
    await gateway.close({ drainTimeout: '5s' })
  })
})
