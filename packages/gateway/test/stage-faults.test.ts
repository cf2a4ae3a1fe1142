import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Fault } from './faulty-stages.js'
import { recordingLogger, send, startProxy, startUpstream } from './harness.js'
import { watchedLeases } from './leases.js'

const { fault, mocked } = vi.hoisted(() => {
  const fault: Fault = { stage: '', how: 'throws' }
  const mocked = async (name: string, load: () => Promise<Record<string, unknown>>) =>
    (await import('./faulty-stages.js')).faulty(fault, name, load)
  return { fault, mocked }
})
vi.mock('../src/stages/identify.js', (load) => mocked('identify', load))
vi.mock('../src/stages/validate.js', (load) => mocked('validate', load))
vi.mock('../src/stages/answer-preflight.js', (load) => mocked('answerPreflight', load))
vi.mock('../src/stages/match-route.js', (load) => mocked('matchRoute', load))
vi.mock('../src/stages/limit-requests.js', (load) => mocked('limitRequests', load))
vi.mock('../src/stages/limit-rate.js', (load) => mocked('limitRate', load))
vi.mock('../src/stages/limit-body.js', (load) => mocked('limitBody', load))
vi.mock('../src/stages/choose-subset.js', (load) => mocked('chooseSubset', load))
vi.mock('../src/stages/rewrite.js', (load) => mocked('rewrite', load))
vi.mock('../src/stages/adapt-concurrency.js', (load) => mocked('adaptConcurrency', load))
vi.mock('../src/stages/mirror.js', (load) => mocked('mirror', load))
vi.mock('../src/stages/limit-time.js', (load) => mocked('limitTime', load))
vi.mock('../src/stages/transform-bodies.js', (load) => mocked('transformBodies', load))
vi.mock('../src/stages/fall-back.js', (load) => mocked('fallBack', load))
vi.mock('../src/stages/retry.js', (load) => mocked('retry', load))
vi.mock('../src/stages/break-circuit.js', (load) => mocked('breakCircuit', load))
vi.mock('../src/stages/limit-concurrency.js', (load) => mocked('limitConcurrency', load))
vi.mock('../src/stages/pick-instance.js', (load) => mocked('pickInstance', load))
vi.mock('../src/stages/forward.js', (load) => mocked('forward', load))

/** As path.ts imports them, but for the two that stand around the others. One that is not broken above fails its tests. */
const stages = [...readFileSync(new URL('../src/path.ts', import.meta.url), 'utf8').matchAll(/from '\.\/stages\/([\w-]+)\.js'/g)]
  .map(([, file = '']) => file.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase()))
  .filter((stage) => stage !== 'observe' && stage !== 'answerErrors')
const rejections: unknown[] = []
const onRejection = (reason: unknown) => rejections.push(reason)

beforeEach(() => {
  process.on('unhandledRejection', onRejection)
})

afterEach(() => {
  process.off('unhandledRejection', onRejection)
  fault.stage = ''
  expect(rejections.splice(0)).toEqual([])
})

async function start() {
  const upstream = await startUpstream((_request, response) => response.end('fine'))
  const leases = watchedLeases()
  const log = recordingLogger()
  const policies = { timeout: '5s', retry: { maxAttempts: 1 }, bulkhead: { maxConcurrent: 3 } }
  const route = { serviceConfig: { loadBalancingStrategy: 'watched' }, trafficPolicy: policies, circuitBreaker: {} }
  const middleware = { cors: true, requestId: true, logging: true }
  const proxy = await startProxy([upstream.port], route, { middleware }, { logger: log.logger })
  return { ...proxy, leases, log, upstream }
}

it('finds the stages of the path', () => {
  expect(stages).toEqual(expect.arrayContaining(['identify', 'matchRoute', 'limitRate', 'pickInstance', 'forward']))
})

it.each(stages.flatMap((stage) => (['throws', 'throws text', 'rejects'] as const).map((how) => ({ stage, how }))))(
  '$stage that $how is answered with 500 and reported; the gateway serves on',
  async ({ stage, how }) => {
    const { gateway, port, leases, log } = await start()
    Object.assign(fault, { stage, how })
    for (let i = 0; i < 4; i++) {
      const answer = await send(port, '/x', { method: 'PUT', body: 'body' })
      expect([answer.status, answer.headers['content-type']]).toEqual([500, 'application/problem+json'])
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'INTERNAL', status: 500 })
      expect(answer.text).not.toContain('secret')
    }
    expect((await gateway.handleRequest({ method: 'GET', path: '/x' })).status).toBe(500)
    const reported = log.lines.filter(({ level, message }) => level === 'error' && message === 'a stage failed')
    expect(reported).toHaveLength(5)
    expect(JSON.stringify(reported[0]?.fields)).toContain('secret-10.0.0.1')
    fault.stage = ''
    expect(await send(port, '/x')).toMatchObject({ status: 200, text: 'fine' })
    if (stage !== 'forward') expect(leases.open).toBe(0)
    await gateway.close({ drainTimeout: '5s' })
  },
)

it.each(stages)('%s that throws after the answer went out is reported and changes nothing for others', async (stage) => {
  const { gateway, port, leases, log, upstream } = await start()
  Object.assign(fault, { stage, how: 'throws after the rest' })
  await send(port, '/x').catch(() => undefined)
  await vi.waitFor(() => expect(log.lines.some(({ message }) => message === 'a stage failed')).toBe(true))
  expect(upstream.requests).toHaveLength(1)
  fault.stage = ''
  expect((await send(port, '/x')).status).toBe(200)
  expect(leases.open).toBe(0)
  await gateway.close({ drainTimeout: '5s' })
})
