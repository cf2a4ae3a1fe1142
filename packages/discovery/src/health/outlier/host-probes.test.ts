import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { resolveOptions } from '@hazeljs/core'
import { afterEach, describe, expect, it } from 'vitest'
import { sampleInstance } from '../../testing/sample-instance.js'
import { readOutlierOptions } from './options.js'
import { OutlierDetector } from './outlier-detector.js'

const ended: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ended.splice(0)) await end()
})

/** A detector whose first instance is a real server; the test decides how well that is. */
async function probing(instance: Parameters<typeof sampleInstance>[0] = {}) {
  const health = { status: 503, asked: [] as (string | undefined)[] }
  const server = createServer((request, response) => {
    health.asked.push(request.url)
    response.writeHead(health.status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const clock = new FakeClock()
  const options = resolveOptions('Outliers', readOutlierOptions, { probe: { interval: '5s' }, baseEjection: '10m' })
  const readmissions: string[] = []
  const observer = { readmitted: ({ reason }: { reason: string }) => readmissions.push(reason) }
  const detector = new OutlierDetector(options, clock, new SeededRandom(1), () => undefined, observer)
  const sick = sampleInstance({ port, healthCheckPath: '/health', ...instance })
  detector.update([sick, sampleInstance({ port: 1 })])
  for (let time = 0; time < 5; time++) detector.of(sick).record('failure')
  ended.push(
    () => detector.close(),
    () => server.close(),
  )
  /** Lets time pass in small steps, with room for real sockets in between, until it holds. */
  const eventually = async (holds: () => boolean) => {
    for (let step = 0; step < 2_000 && !holds(); step++) await clock.advance(50)
    expect(holds()).toBe(true)
  }
  return { clock, detector, sick, health, readmissions, eventually }
}

describe('probes of ejected instances', () => {
  it('readmit the one that answers well', async () => {
    const { detector, sick, health, readmissions, eventually } = await probing()
    await eventually(() => health.asked.length >= 2)
    expect(detector.of(sick).ejected).toBe(true)
    health.status = 200
    await eventually(() => !detector.of(sick).ejected)
    expect(readmissions).toEqual(['check'])
    expect(new Set(health.asked)).toEqual(new Set(['/health']))
  })

  it('wait for an interval before the first check, and stop with the ejection', async () => {
    const { clock, detector, sick, health, eventually } = await probing()
    await clock.advance(4_999)
    expect(health.asked).toEqual([])
    await eventually(() => health.asked.length === 1)
    detector.readmit(sick.id)
    for (let step = 0; step < 100; step++) await clock.advance(200)
    expect(health.asked).toHaveLength(1)
  })

  it('leave alone who leaves', async () => {
    const { clock, detector, health } = await probing()
    detector.update([])
    for (let step = 0; step < 100; step++) await clock.advance(200)
    expect(health.asked).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  it('do not check over gRPC', async () => {
    const { clock, health } = await probing({ protocol: 'grpc' })
    for (let step = 0; step < 100; step++) await clock.advance(200)
    expect(health.asked).toEqual([])
  })
})
