import { request as httpRequest } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startProxy, startUpstream } from './harness.js'
import { rawClient } from './raw-http.js'

const attemptTimeout = 50

/** An upload that takes longer than the timeout. */
async function uploadSlowly(port: number): Promise<number> {
  const request = httpRequest({ host: '127.0.0.1', port, path: '/api', method: 'POST', agent: false })
  const status = new Promise<number>((resolve, reject) => {
    request.on('error', reject).on('response', (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode ?? 0)
      })
    })
  })
  request.write('a')
  await wait(2 * attemptTimeout)
  request.end('b')
  return status
}

it('leaves an upload the time it takes', async () => {
  const upstream = await startUpstream((request, response) => {
    request.resume().on('end', () => response.end())
  })
  const { port } = await startProxy([upstream.port], { trafficPolicy: { attemptTimeout } })
  expect(await uploadSlowly(port)).toBe(200)
})

it('counts from when the upload has been sent', async () => {
  const upstream = await startUpstream((request) => request.resume())
  const { port } = await startProxy([upstream.port], { trafficPolicy: { attemptTimeout } })
  expect(await uploadSlowly(port)).toBe(504)
})

it('is for the head: an answer may take longer to stream, and so may what is uploaded meanwhile', async () => {
  const upstream = await startUpstream((request, response) => {
    response.write('early ')
    request.resume().on('end', () => void wait(2 * attemptTimeout).then(() => response.end('and late')))
  })
  const { port } = await startProxy([upstream.port], { trafficPolicy: { attemptTimeout } })
  const client = await rawClient(port)
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na')
  await client.until('early ')
  await wait(2 * attemptTimeout)
  client.write('b')
  expect(await client.until('and late')).toMatch(/^HTTP\/1.1 200 OK/)
})
