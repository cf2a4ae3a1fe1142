import { request as httpRequest } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startProxy, startUpstream } from './harness.js'

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
