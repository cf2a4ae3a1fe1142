import { systemClock } from '@hazeljs/core'
import { connect } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { Listener, type ListenerObserver } from './listener.js'

const observer: ListenerObserver = {
  onError: (error) => {
    throw error
  },
  onUnreadable: () => undefined,
  onDropped: () => undefined,
}

describe('a listener that closes', () => {
  it('lets a slow client read the end of an answer', async () => {
    const size = 20_000_000
    let ended = false
    const listener = new Listener(
      { port: 0, host: '127.0.0.1' },
      (_request, response, onClosed) => {
        response.once('close', onClosed)
        response.end(Buffer.alloc(size, 'x'))
        ended = true
        return undefined
      },
      () => false,
      systemClock,
      observer,
    )
    const { port } = await listener.listen()
    const client = connect(port, '127.0.0.1')
    let received = 0
    client.on('data', (chunk: Buffer) => (received += chunk.length)).pause()
    const gone = new Promise((resolve) => client.once('close', resolve))
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await vi.waitFor(() => expect(ended).toBe(true))
    const closed = listener.close(5_000)
    client.resume()
    await closed
    await gone
    expect(received).toBeGreaterThan(size)
  })

  it('may never have listened, and may be closed again', async () => {
    const listener = new Listener(
      {},
      () => undefined,
      () => false,
      systemClock,
      observer,
    )
    await listener.close(1_000)
    await listener.close(1_000)
    listener.cut()
  })
})
