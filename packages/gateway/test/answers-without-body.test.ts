import { execFile } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { Client } from 'undici'
import { describe, expect, it } from 'vitest'
import { afterTest, startProxy, startUpstream } from './harness.js'

const run = promisify(execFile)

/** Answers without a body that say how long one would be, where they may, and one with a body to see that the connection is in step. */
function serve({ method, url }: IncomingMessage, response: ServerResponse): void {
  if (url === '/204') response.writeHead(204, { 'X-Is': '204' }).end()
  else if (url === '/304') response.writeHead(304, { ETag: '"v"' }).end()
  else if (url === '/304-of-5')
    response.writeHead(304, { ETag: '"v"', 'Content-Length': '5' }).end() // undici does not take those
  else if (url === '/chunked') response.writeHead(200, { 'Transfer-Encoding': 'chunked' }).end(method === 'HEAD' ? undefined : 'hello')
  else response.writeHead(200, { 'Content-Length': '5', ETag: '"v"' }).end(method === 'HEAD' ? undefined : 'hello')
}

const proxy = async () => startProxy([(await startUpstream(serve)).port])

describe('HEAD, 204 and 304', () => {
  it('leave the connection of an undici client in step', async () => {
    const { url, port } = await proxy()
    expect(url).toContain(String(port))
    const client = new Client(url)
    afterTest(() => client.destroy())
    let connections = 0
    client.on('connect', () => connections++)
    const ask = async (method: 'GET' | 'HEAD', path: string) => {
      const { statusCode, headers, body } = await client.request({ method, path })
      return [statusCode, headers['content-length'], headers['transfer-encoding'], await body.text()]
    }
    for (let round = 0; round < 3; round++) {
      expect(await ask('HEAD', '/')).toEqual([200, '5', undefined, ''])
      expect(await ask('GET', '/204')).toEqual([204, undefined, undefined, ''])
      expect(await ask('GET', '/304')).toEqual([304, undefined, undefined, ''])
      const [status, length, , text] = await ask('HEAD', '/chunked')
      expect([status, length, text]).toEqual([200, undefined, ''])
      expect(await ask('HEAD', '/204')).toEqual([204, undefined, undefined, ''])
      expect(await ask('GET', '/')).toEqual([200, '5', undefined, 'hello'])
    }
    expect(connections).toBe(1 + 3 * 3) // undici leaves a connection behind each HEAD
  })

  it('leave the connection of curl in step', async () => {
    const { url } = await proxy()
    const said = ['--write-out', '%{http_code} %{size_download} %{num_connects}\\n', '--output', '/dev/null', '--silent']
    const requests = [
      [...said, '--head', `${url}/`],
      [...said, `${url}/204`],
      [...said, '--header', 'If-None-Match: "v"', `${url}/304-of-5`],
      [...said, '--head', `${url}/chunked`],
      [...said, `${url}/`],
    ]
    const { stdout } = await run(
      'curl',
      requests.flatMap((request, index) => (index === 0 ? request : ['--next', ...request])),
    )
    expect(stdout.trim().split('\n')).toEqual(['200 0 1', '204 0 0', '304 0 0', '200 0 0', '200 5 0'])
  })
})
