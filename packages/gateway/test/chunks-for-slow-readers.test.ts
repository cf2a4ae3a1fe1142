import { expect, it, vi } from 'vitest'
import { afterTest, startProxy } from './harness.js'
import { rawClient, startRawUpstream } from './raw-http.js'

it('many small chunks for a client that does not read make one listener, not one each, and all arrive', async () => {
  const warnings: string[] = []
  const onWarning = (warning: Error) => warnings.push(warning.message)
  process.on('warning', onWarning)
  afterTest(() => process.off('warning', onWarning))
  const big = Buffer.alloc(8_388_608, 'x')
  const chunk = '3\r\nabc\r\n'
  const upstream = await startRawUpstream((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${big.length.toString(16)}\r\n`)
    socket.write(big)
    socket.write(`\r\n${chunk.repeat(20_000)}0\r\n\r\n`)
  })
  const { port } = await startProxy([upstream.port])
  const client = await rawClient(port)
  client.socket.pause()
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await vi.waitFor(() => expect(upstream.sockets[0]?.writableNeedDrain).toBe(true))
  client.socket.resume()
  await client.closed
  expect(client.received.split('abc')).toHaveLength(20_001)
  expect(warnings).toEqual([])
})
