import type { ServiceInstance } from '@hazeljs/core'
import { describe, expect, it, vi } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import type { RegistryEvent } from './registry-backend.js'
import { SharedWatches, type WatchSink } from './shared-watches.js'

const [one, two, three] = [1, 2, 3].map((port) => sampleInstance({ port })) as [ServiceInstance, ServiceInstance, ServiceInstance]

/** Lets queued microtasks run. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Watches whose source does what the test tells it. */
function setup(begin: (sink: WatchSink, service: string) => void = () => undefined) {
  const sinks = new Map<string, WatchSink>()
  const ended: string[] = []
  const follow = vi.fn((service: string, sink: WatchSink) => {
    sinks.set(service, sink)
    begin(sink, service)
    return () => void ended.push(service)
  })
  const watches = new SharedWatches(follow)
  const listen = (service = 'orders') => {
    const events: RegistryEvent[] = []
    const stop = watches.watch(service, (event) => events.push(event))
    return { stop, events, told: () => events.map(brief) }
  }
  const sink = (service = 'orders') => sinks.get(service) as WatchSink
  return { watches, follow, ended, listen, sink }
}

function brief(event: RegistryEvent): string {
  if (event.kind === 'failure') return event.error.message
  const removed = event.removed.map(({ id, reason }) => ` -${id.slice(-1)} ${reason}`)
  return event.instances.map(({ port, status }) => `${port}${status === 'UP' ? '' : status}`).join(' ') + removed.join('')
}

describe('following', () => {
  it('begins after watch has returned, once for all listeners, and ends with the last of them', async () => {
    const { watches, follow, ended, listen } = setup()
    const [a, b, other] = [listen(), listen(), listen('users')]
    expect(follow).not.toHaveBeenCalled()
    await settle()
    expect(follow.mock.calls.map(([service]) => service)).toEqual(['orders', 'users'])
    expect(watches.services).toEqual(['orders', 'users'])
    a.stop()
    a.stop()
    expect(ended).toEqual([])
    b.stop()
    expect(ended).toEqual(['orders'])
    expect(watches.services).toEqual(['users'])
    other.stop()
  })

  it('never begins for a listener that stopped at once', async () => {
    const { follow, listen } = setup()
    listen().stop()
    await settle()
    expect(follow).not.toHaveBeenCalled()
  })

  it('begins anew for a listener that comes after the last has stopped, who need not know what was', async () => {
    const { follow, ended, listen, sink } = setup()
    const early = listen()
    await settle()
    const before = sink()
    before.state([one])
    early.stop()
    const late = listen()
    early.stop()
    await settle()
    before.state([two])
    expect(late.events).toEqual([])
    sink().state([three])
    expect(late.told()).toEqual(['3'])
    expect([follow.mock.calls.length, ended]).toEqual([2, ['orders']])
  })

  it('ends a source that told the last listener so soon that it stopped before the source had begun', async () => {
    const { watches, ended } = setup((sink) => sink.state([one]))
    const stop = watches.watch('orders', () => stop())
    await settle()
    expect(ended).toEqual(['orders'])
    expect(watches.services).toEqual([])
  })

  it('ends a source that closed all watches while it began', async () => {
    const { watches, ended, listen } = setup(() => watches.close())
    listen()
    await settle()
    expect(ended).toEqual(['orders'])
  })

  it.each<unknown>([new Error('no route'), 'no route'])('tells a source that throws %j as a failure', async (thrown) => {
    const { listen } = setup(() => {
      throw thrown
    })
    const { told } = listen()
    await settle()
    expect(told()).toEqual([expect.stringContaining('no route')])
  })
})

describe('telling', () => {
  it('drops what says nothing new: heartbeats, another order, the same again', async () => {
    const { listen, sink } = setup()
    const { told } = listen()
    await settle()
    sink().state([one, two])
    sink().state([two, { ...one, lastHeartbeat: 5 }])
    sink().state([one, { ...two, status: 'DOWN' }])
    expect(told()).toEqual(['1 2', '1 2DOWN'])
  })

  it('says why somebody left', async () => {
    const { listen, sink } = setup()
    const { told } = listen()
    await settle()
    sink().state([one, two, three], new Set(['orders:127.0.0.1:9']))
    sink().state([three], new Set([one.id, 'orders:127.0.0.1:9']))
    sink().state([])
    expect(told()).toEqual(['1 2 3', '3 -1 deregistered -2 expired', ' -3 expired'])
  })

  it('tells a failure once, and the state that ends it even when it is the same', async () => {
    const { listen, sink } = setup()
    const { told } = listen()
    await settle()
    sink().failed(new Error('away'))
    sink().failed(new Error('still away'))
    sink().state([one])
    sink().failed(new Error('away again'))
    sink().state([one])
    sink().state([one])
    expect(told()).toEqual(['away', '1', 'away again', '1'])
  })

  it('compares with what was known before a failure', async () => {
    const { listen, sink } = setup()
    const { told } = listen()
    await settle()
    sink().state([one, two])
    sink().failed(new Error('away'))
    sink().state([two])
    expect(told()).toEqual(['1 2', 'away', '2 -1 expired'])
  })

  it('gives a late listener the present state or failure, once, and not before watch has returned', async () => {
    const { listen, sink } = setup()
    listen()
    await settle()
    sink().state([one])
    const late = listen()
    expect(late.events).toEqual([])
    await settle()
    sink().failed(new Error('away'))
    const later = listen()
    await settle()
    expect([late.told(), later.told()]).toEqual([['1', 'away'], ['away']])
  })

  it('gives a late listener no present state when a change was faster', async () => {
    const { listen, sink } = setup()
    listen()
    await settle()
    sink().state([one])
    const late = listen()
    sink().state([one, two])
    await settle()
    expect(late.told()).toEqual(['1 2'])
  })

  it('tells changes that a listener causes after the change that it was told, to everybody in the same order', async () => {
    const { watches, listen, sink } = setup()
    watches.watch('orders', (event) => {
      if (event.kind === 'snapshot' && event.instances.length < 3) sink().state([one, two, three].slice(0, event.instances.length + 1))
    })
    const { told } = listen()
    await settle()
    sink().state([one])
    expect(told()).toEqual(['1', '1 2', '1 2 3'])
  })

  it('spares a listener that another one stopped with the same event, and tells one that came with it what is present', async () => {
    const { watches, listen, sink } = setup()
    const added: ReturnType<typeof listen>[] = []
    watches.watch('orders', () => {
      spared.stop()
      if (added.length === 0) added.push(listen())
    })
    const spared = listen()
    await settle()
    sink().state([one])
    await settle()
    expect([spared.told(), added[0]?.told()]).toEqual([[], ['1']])
  })

  it('is hurt by no listener', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    const { watches, listen, sink } = setup()
    watches.watch('orders', () => {
      throw new Error('mine')
    })
    watches.watch('orders', () => Promise.reject(new Error('mine, later')))
    const { told } = listen()
    await settle()
    sink().state([one])
    sink().state([two])
    await settle()
    expect(told()).toEqual(['1', '2 -1 expired'])
    expect(warning).toHaveBeenCalledTimes(4)
    warning.mockRestore()
  })
})

describe('close', () => {
  it('ends all sources and is silent from then on', async () => {
    const { watches, ended, listen, sink } = setup()
    const { events, stop } = listen()
    listen('users')
    await settle()
    watches.close()
    watches.close()
    sink().state([one])
    sink().failed(new Error('away'))
    stop()
    await settle()
    expect([events, ended, watches.services]).toEqual([[], ['orders', 'users'], []])
  })

  it('leaves no listener waiting that comes later', async () => {
    const { watches, follow, listen } = setup()
    watches.close()
    const { told } = listen()
    await settle()
    expect(told()).toEqual(['The backend was closed'])
    expect(follow).not.toHaveBeenCalled()
  })
})
