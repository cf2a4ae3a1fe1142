import { afterEach, describe, expect, it, vi } from 'vitest'
import { HazelError } from './errors.js'
import { guardLogger, jsonLogger, type Logger, silentLogger } from './logger.js'

const levels = ['debug', 'info', 'warn', 'error'] as const

afterEach(() => vi.restoreAllMocks())

function capture() {
  const lines = { stdout: [] as string[], stderr: [] as string[] }
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      lines[stream].push(String(text))
      return true
    })
  }
  return lines
}

describe('jsonLogger', () => {
  it('writes one line of JSON, to the stream of its level', () => {
    const lines = capture()
    for (const level of levels) jsonLogger[level]({ route: '/a\n' }, `at ${level}`)
    expect([...lines.stdout, ...lines.stderr].map((line) => (JSON.parse(line) as { level: string }).level)).toEqual([...levels])
    expect(lines.stdout).toHaveLength(2)
    for (const line of lines.stderr) expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(lines.stderr[0]).toMatch(/^\{"level":"warn","time":"\d{4}-\d\d-\d\dT[\d:.]+Z","message":"at warn","route":"\/a\\n"\}\n$/)
  })

  it('keeps what an error says, and its cause', () => {
    const lines = capture()
    jsonLogger.error({ error: new HazelError('LOST', 'lost', { cause: new RangeError('why') }), bytes: 2n ** 60n }, 'failed')
    const line = JSON.parse(lines.stderr[0] ?? '') as object
    expect(line).toMatchObject({
      error: { name: 'HazelError', code: 'LOST', message: 'lost', cause: { name: 'RangeError', message: 'why' } },
      bytes: '1152921504606846976',
    })
  })
})

describe('guardLogger', () => {
  it('passes everything on, keeping the logger what it is', () => {
    const said: unknown[] = []
    class OwnLogger implements Logger {
      readonly prefix = 'own'
      debug = (fields: object, message: string) => void said.push(['debug', fields, message])
      info(fields: object, message: string) {
        said.push([this.prefix, fields, message])
      }
      warn = this.debug
      error = this.debug
    }
    const guarded = guardLogger(new OwnLogger())
    guarded.info({ a: 1 }, 'hello')
    guarded.error({ b: 2 }, 'there')
    expect(said).toEqual([
      ['own', { a: 1 }, 'hello'],
      ['debug', { b: 2 }, 'there'],
    ])
  })

  it.each(levels)('drops what %s throws or rejects with', async (level) => {
    const broken = vi.fn(() => {
      throw new Error('the disk is full')
    })
    const late = vi.fn(async () => {
      throw new Error('the disk is full')
    })
    guardLogger({ ...silentLogger, [level]: broken })[level]({}, 'hello')
    guardLogger({ ...silentLogger, [level]: late })[level]({}, 'hello')
    await new Promise((resolve) => setImmediate(resolve))
    expect(broken).toHaveBeenCalledOnce()
    expect(late).toHaveBeenCalledOnce()
  })
})

it('silentLogger says nothing', () => {
  const lines = capture()
  for (const level of levels) silentLogger[level]({}, 'hello')
  expect(lines).toEqual({ stdout: [], stderr: [] })
})
