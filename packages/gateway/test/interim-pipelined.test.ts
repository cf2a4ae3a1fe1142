import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { startProxy } from './harness.js'
import { rawClient, startRawUpstream } from './raw-http.js'

const body = 'x'.repeat(5_000)
const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n'

/** What a client gets whose second request is answered by a service before the first one. */
async function secondAnsweredFirst(second: string, answered: string, route: Partial<GatewayRouteDefinition> = {}): Promise<string> {
  let first: Socket | undefined
  let answeredSecond = false
  const answerFirst = () => {
    if (answeredSecond) first?.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  }
  const upstream = await startRawUpstream((socket, head) => {
    if (head.startsWith('GET /1 ')) {
      first = socket
      answerFirst()
      return
    }
    socket.write(answered)
    socket.once('close', () => {
      answeredSecond = true // all of it has been read
      answerFirst()
    })
  })
  const { port } = await startProxy([upstream.port], route)
  const client = await rawClient(port)
  client.write(`GET /1 HTTP/1.1\r\nHost: a\r\n\r\n${second}`)
  await client.closed
  return client.received
}

const inOrder = (interim: string) =>
  new RegExp(`^HTTP/1.1 200 OK\r\n[^]*\r\n\r\nokHTTP/1.1 ${interim}\r\n(?:[^\r]+\r\n)*\r\nHTTP/1.1 200 OK\r\n(?:[^\r]+\r\n)+\r\nx{5000}$`)

describe('an interim answer to a request that waits behind another', () => {
  const get = 'GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

  it('comes in front of its answer: 103', async () => {
    expect(await secondAnsweredFirst(get, hint + answer)).toMatch(inOrder('103 Early Hints'))
  })

  it('comes in front of its answer: 103 and a body that a function has changed', async () => {
    const transform = { response: { body: (bytes: Buffer) => Buffer.from(bytes) } }
    expect(await secondAnsweredFirst(get, hint + answer, { trafficPolicy: { transform } })).toMatch(inOrder('103 Early Hints'))
  })

  it('comes in front of its answer: 100', async () => {
    const expecting = get.replace('Connection', 'Expect: 100-continue\r\nContent-Length: 2\r\nConnection')
    expect(await secondAnsweredFirst(`${expecting}hi`, answer)).toMatch(inOrder('100 Continue'))
  })
})
