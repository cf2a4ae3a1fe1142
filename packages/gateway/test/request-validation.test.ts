import { describe, expect, it, vi } from 'vitest'
import { send, startProxy } from './harness.js'
import { chunkRows, framingRows, type SmugglingRow } from './smuggling-rows.js'
import { fieldRows, headRows } from './malformed-rows.js'
import { rawClient } from './raw-http.js'
import { startWitness } from './witness.js'

const codes: Readonly<Record<number, string>> = {
  400: 'INVALID_REQUEST',
  413: 'BODY_TOO_LARGE',
  431: 'HEADERS_TOO_LARGE',
  501: 'NOT_IMPLEMENTED',
}

interface RawAnswer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** The answers in `text`, as their lengths say. */
function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = []
  for (let rest = text; rest !== '';) {
    const end = rest.indexOf('\r\n\r\n') + 4
    const head = rest.slice(0, end)
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1])
    if (end === 3 || !Number.isInteger(length) || rest.length < end + length) throw new Error(`no whole answers: ${text}`)
    answers.push({ status: Number(head.split(' ')[1]), head, body: rest.slice(end, end + length) })
    rest = rest.slice(end + length)
  }
  return answers
}

async function exchange({ sent, client: expected, backend = [], stays }: SmugglingRow) {
  const witness = await startWitness()
  const { port } = await startProxy([witness.port])
  const client = await rawClient(port)
  client.write(Buffer.from(sent, 'latin1'))
  if (stays === undefined) await client.closed
  else await vi.waitFor(() => expect(answersIn(client.received)).toHaveLength(expected.length))
  const answers = answersIn(client.received)
  expect(answers.map(({ status }) => status)).toEqual(expected)
  for (const { status, head, body } of answers) {
    if (status === 200) continue
    expect(head.toLowerCase()).toContain('content-type: application/problem+json')
    expect(JSON.parse(body)).toMatchObject({ type: 'about:blank', status, code: codes[status] })
  }
  // One more request, on a connection of its own: whatever was left behind upstream would come before it.
  expect(await send(port, '/after')).toMatchObject({ status: 200, text: 'ok' })
  await vi.waitFor(() => expect(witness.whole).toEqual([...backend, 'GET /after']))
  expect(witness.malformed).toEqual([])
  return { witness, client }
}

describe.each([
  { about: 'framing', rows: framingRows },
  { about: 'chunks', rows: chunkRows },
  { about: 'heads', rows: headRows },
  { about: 'fields', rows: fieldRows },
])('$about', ({ rows }) => {
  it.each(rows)('$what: $client', async (row) => {
    const { witness, client } = await exchange(row)
    for (const fields of witness.fields) {
      const text = fields.join('\n').toLowerCase()
      expect(text).not.toMatch(/^(?:[^:]*_|upgrade:|http2-settings:|connection: .*upgrade)/m)
    }
    if (row.stays !== true) return
    expect(client.socket.destroyed).toBe(false)
  })
})
