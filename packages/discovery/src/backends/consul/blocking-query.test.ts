import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { BlockingQuery, firstRetryMs, maxRetryMs, queriesPerSecond } from './blocking-query.js'

interface Asked {
  readonly index: string
  readonly waitMs: number
  readonly atMs: number
  readonly signal: AbortSignal
  answer(index: string | undefined): Promise<void>
  fail(error: Error): Promise<void>
}

function setup() {
  const clock = new FakeClock()
  const asked: Asked[] = []
  const told: string[] = []
  const ask = (index: string, waitMs: number, signal: AbortSignal) =>
    new Promise<{ index: string | undefined }>((resolve, reject) => {
      const answer = (newer: string | undefined) => (resolve({ index: newer }), clock.advance(0))
      const fail = (error: Error) => (reject(error), clock.advance(0))
      asked.push({ index, waitMs, atMs: clock.now(), signal, answer, fail })
    })
  const observer = { answered: ({ index = '' }) => told.push(index), failed: ({ message }: Error) => told.push(message) }
  const query = new BlockingQuery(ask, observer, { waitMs: 60_000, clock, random: { next: () => 1 - Number.EPSILON } })
  const last = () => asked.at(-1) as Asked
  return { clock, asked, told, query, last }
}

describe('BlockingQuery', () => {
  it('asks for what is newer than the last answer, by an index that no number holds', async () => {
    const { last, told, asked } = setup()
    expect(last().index).toBe('0')
    await last().answer('18446744073709551614')
    expect(last().index).toBe('18446744073709551614')
    await last().answer('18446744073709551615')
    expect(last().index).toBe('18446744073709551615')
    expect(told).toHaveLength(2)
    expect(asked.map(({ waitMs }) => waitMs)).toEqual([60_000, 60_000, 60_000])
  })

  it('forgets an index that goes back, and takes 0 for 1', async () => {
    const { last } = setup()
    await last().answer('9')
    await last().answer('8')
    expect(last().index).toBe('0')
    await last().answer('0')
    expect(last().index).toBe('1')
  })

  it('asks at a limited rate, however often it is answered at once', async () => {
    const { last, asked, clock } = setup()
    for (let index = 1; index <= queriesPerSecond; index++) await last().answer(String(index))
    expect(asked).toHaveLength(queriesPerSecond)
    await clock.advance(1_000 / queriesPerSecond)
    expect(asked).toHaveLength(queriesPerSecond + 1)
  })

  it('asks again after a failure, from the beginning, later and later', async () => {
    const { last, asked, clock, told } = setup()
    await last().answer('9')
    const pauses: number[] = []
    for (let failure = 0; failure < 8; failure++) {
      const failedAtMs = clock.now()
      const before = asked.length
      await last().fail(new Error('refused'))
      while (asked.length === before) await clock.advance(10)
      expect(last().index).toBe('0')
      pauses.push(last().atMs - failedAtMs)
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32].map((times) => firstRetryMs * times).concat([maxRetryMs, maxRetryMs]))
    expect(told.slice(1)).toEqual(Array.from({ length: 8 }, () => 'refused'))
    await last().answer('3')
    await last().fail(new Error('refused'))
    const before = asked.length
    await clock.advance(firstRetryMs)
    expect(asked).toHaveLength(before + 1)
  })

  it('takes an answer without an index for a failure', async () => {
    for (const index of [undefined, 'x', '-1', '']) {
      const { last, told } = setup()
      await last().answer(index)
      expect(told[0]).toMatch(/without X-Consul-Index; a proxy/)
    }
  })

  it('calls off what it asked when it is stopped, and tells nothing more', async () => {
    const { query, last, told, asked } = setup()
    query.stop()
    expect(last().signal.aborted).toBe(true)
    await last().answer('9')
    expect([told, asked.length]).toEqual([[], 1])
    const failing = setup()
    failing.query.stop()
    await failing.last().fail(new Error('aborted'))
    expect(failing.told).toEqual([])
  })

  it('stops within a pause', async () => {
    const { query, last, asked, clock } = setup()
    await last().fail(new Error('refused'))
    query.stop()
    await clock.advance(maxRetryMs)
    expect(asked).toHaveLength(1)
  })
})
