// A contestant is measured only after it has shown that it is a proxy: every workload's answer byte for byte, and one request whose every part
// the upstream reports back.
import { createHash } from 'node:crypto'
import { Buffer } from 'node:buffer'
import net from 'node:net'
import { AnswerReader, requestBytes } from './http-message.mjs'
import { BODY_TYPE, CHECK_PATH, REQUEST_HEADERS, patternedBytes } from './workloads.mjs'

const ANSWER_TIMEOUT_MS = 5_000

/**
 * Sends requests one after another over one connection.
 *
 * @param {number} port
 * @param {readonly Buffer[]} requests
 * @returns {Promise<import('./http-message.mjs').Answer[]>}
 */
export const exchange = (port, requests) =>
  new Promise((resolve, reject) => {
    const reader = new AnswerReader(true)
    const answers = []
    const socket = net.connect(port, '127.0.0.1')
    const fail = (reason) => {
      socket.destroy()
      reject(reason instanceof Error ? reason : new Error(reason))
    }
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => fail(`no answer within ${ANSWER_TIMEOUT_MS} ms`))
    socket.on('error', fail)
    socket.on('close', () => fail('the connection was closed before the answer was complete'))
    socket.on('connect', () => socket.write(requests[0]))
    socket.on('data', (chunk) => {
      try {
        answers.push(...reader.push(chunk))
      } catch (error) {
        return fail(error)
      }
      if (answers.length < requests.length) {
        if (answers.length > 0) socket.write(requests[answers.length])
        return
      }
      socket.removeAllListeners('close')
      socket.destroy()
      resolve(answers)
    })
  })

const expect = (holds, complaint) => {
  if (!holds) throw new Error(complaint)
}

/** @param {import('./workloads.mjs').Workload} workload */
export const workloadRequest = (workload) => {
  const headers = workload.bodyBytes > 0 ? { ...REQUEST_HEADERS, 'Content-Type': BODY_TYPE } : REQUEST_HEADERS
  return requestBytes(workload.method, workload.path, headers, Buffer.alloc(workload.bodyBytes, 'x'))
}

/** The request's and the answer's every part goes through unharmed: target, query, fields, body; status, repeated fields, body. */
const checkTransparency = async (port) => {
  const body = patternedBytes(16 * 1024)
  const headers = { ...REQUEST_HEADERS, 'Content-Type': BODY_TYPE, 'X-One': 'eins', Cookie: 'k=v; l=w' }
  const [answer] = await exchange(port, [requestBytes('POST', `${CHECK_PATH}?a=1&b=two`, headers, body)])
  expect(answer.status === 418, `status 418 became ${answer.status}`)
  expect((answer.head.match(/^set-cookie: /gim) ?? []).length === 2, 'two Set-Cookie fields did not stay two')
  expect(/^x-upstream: yes$/im.test(answer.head), 'a field of the answer is missing')
  expect(/^content-type: application\/vnd\.bench\+json$/im.test(answer.head), 'the content type of the answer was changed')
  const seen = JSON.parse(answer.body.toString())
  expect(seen.requestLine === `POST ${CHECK_PATH}?a=1&b=two HTTP/1.1`, `the request line became ${seen.requestLine}`)
  expect(seen.length === body.length, `${body.length} bytes of body became ${seen.length}`)
  expect(seen.sha1 === createHash('sha1').update(body).digest('hex'), 'the bytes of the body were changed')
  for (const field of ['x-one: eins', 'cookie: k=v; l=w', `content-type: ${BODY_TYPE}`]) {
    expect(
      seen.fields.some((line) => line.toLowerCase() === field),
      `the upstream did not get "${field}"`,
    )
  }
}

/**
 * @param {number} port of the contestant
 * @param {readonly import('./workloads.mjs').Workload[]} workloads
 * @returns {Promise<Map<string, number>>} the exact bytes of each workload's answer on the wire
 * @throws {Error} that says what the contestant got wrong
 */
export const checkContestant = async (port, workloads) => {
  await checkTransparency(port)
  const wireBytes = new Map()
  for (const workload of workloads) {
    const request = workloadRequest(workload)
    const answers = await exchange(port, [request, request])
    for (const { status, body } of answers) {
      expect(status === 200, `${workload.name}: status 200 became ${status}`)
      expect(body.equals(workload.answer), `${workload.name}: ${workload.answer.length} bytes of body became other ${body.length}`)
    }
    wireBytes.set(workload.name, answers[1].wireBytes)
  }
  return wireBytes
}
