import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { tcpCheck } from './tcp-check.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(host = '127.0.0.1') {
  const server = createServer().listen(0, host)
  servers.push(server)
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

const never = () => new AbortController().signal

describe('tcpCheck', () => {
  it('connects, says nothing and closes at once', async () => {
    const { server, port } = await listen()
    const seen = new Promise<number>((resolve) =>
      server.on('connection', (socket) =>
        socket
          .resume()
          .on('error', () => undefined)
          .on('close', () => resolve(socket.bytesRead)),
      ),
    )
    await tcpCheck({ host: '127.0.0.1', port })(never())
    expect(await seen).toBe(0)
  })

  it('is bad when nobody listens, and says so', async () => {
    const { server, port } = await listen()
    server.close()
    await once(server, 'close')
    await expect(tcpCheck({ host: '127.0.0.1', port })(never())).rejects.toThrow('ECONNREFUSED')
  })

  it('knows IPv6 addresses', async () => {
    const { port } = await listen('::1')
    await expect(tcpCheck({ host: '::1', port })(never())).resolves.toBeUndefined()
  })

  it('ends when it is called off, before and meanwhile', async () => {
    const caller = new AbortController()
    // TEST-NET-1 answers nothing, or the network refuses it at once: either way it is bad.
    const waiting = tcpCheck({ host: '192.0.2.1', port: 9 })(caller.signal)
    caller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(tcpCheck({ host: '127.0.0.1', port: 9 })(caller.signal)).rejects.toThrow('enough')
  })
})
