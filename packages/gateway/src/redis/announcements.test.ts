import { describe, expect, it, vi } from 'vitest'
import { Announcements } from './announcements.js'
import type { RedisCanaryClient, RedisCanarySubscriber } from './redis-canary-client.js'

/** A client whose connections say what was asked of them. */
function scriptedClient() {
  const log: string[] = []
  const client = {
    isCluster: false,
    status: 'ready',
    options: {},
    evalsha: () => Promise.resolve(null),
    eval: () => Promise.resolve(null),
    subscribed: (): Promise<unknown> => Promise.resolve(1),
    tell: (_channel: string, _text: string): void => undefined,
    duplicate(): RedisCanarySubscriber {
      log.push('connect')
      return {
        subscribe: (channel = '') => {
          log.push(`subscribe ${channel}`)
          return client.subscribed()
        },
        unsubscribe: (channel = '') => {
          log.push(`unsubscribe ${channel}`)
          return Promise.reject(new Error('gone'))
        },
        disconnect: () => log.push('disconnect'),
        on: (event: string, listener: (...given: never[]) => void) => {
          if (event === 'message') client.tell = listener as typeof client.tell
        },
      }
    },
  }
  return { log, client, announcements: new Announcements(client satisfies RedisCanaryClient) }
}

describe('Announcements', () => {
  it('have one connection while anybody listens, and each channel once', () => {
    const { log, client, announcements } = scriptedClient()
    const heard: string[] = []
    const hear = (text: string) => void heard.push(text)
    const stops = [announcements.listen('a', hear), announcements.listen('a', hear), announcements.listen('b', hear)]
    client.tell('a', 'twice')
    client.tell('c', 'unheard')
    expect(heard).toEqual(['twice', 'twice'])
    for (const stop of [...stops, ...stops]) stop()
    expect(log).toEqual(['connect', 'subscribe a', 'subscribe b', 'unsubscribe a', 'disconnect'])
    announcements.listen('a', hear)
    announcements.close()
    expect(log.slice(5)).toEqual(['connect', 'subscribe a', 'disconnect'])
  })

  it('are asked for again after a client that threw', () => {
    const { log, client, announcements } = scriptedClient()
    const { duplicate } = client
    client.duplicate = () => {
      throw new Error('no more connections')
    }
    expect(() => announcements.listen('a', () => undefined)).toThrow('no more connections')
    client.duplicate = duplicate
    announcements.listen('a', () => undefined)
    expect(log).toEqual(['connect', 'subscribe a'])
  })

  it('say that they are refused, and not that they were closed meanwhile', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    const { client, announcements } = scriptedClient()
    client.subscribed = () => Promise.reject(new Error('NOPERM'))
    announcements.listen('a', () => undefined)
    await Promise.resolve()
    announcements.listen('b', () => undefined)
    announcements.close()
    await new Promise((resolve) => setImmediate(resolve))
    const said = warn.mock.calls.map(([text]) => String(text))
    warn.mockRestore()
    expect(said).toEqual(['The watch of rollouts in Redis threw: NOPERM'])
  })

  it('are heard by the others where one listener throws', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    const { client, announcements } = scriptedClient()
    const heard: string[] = []
    announcements.listen('a', () => {
      throw new Error('a bug')
    })
    announcements.listen('a', (text) => void heard.push(text))
    client.tell('a', 'news')
    warn.mockRestore()
    expect(heard).toEqual(['news'])
  })
})
