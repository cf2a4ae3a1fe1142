import { ConfigError } from '@hazeljs/core'
import {
  closeServiceClients,
  defaultDiscovery,
  DiscoveryClient,
  MemoryRegistryBackend,
  registrationOf,
  ServiceClient,
} from '@hazeljs/discovery'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { json, register, startService } from '../service-client/services.js'
import { CompiledClasses, standards } from './compiled-classes.js'
import type * as misusesFile from './decorated/misuses.js'
import type * as servicesFile from './decorated/services.js'

describe.each(standards)('%s decorators', (standard) => {
  let compiled: CompiledClasses
  let classes: typeof servicesFile
  let discovery: DiscoveryClient

  beforeAll(async () => {
    compiled = new CompiledClasses(standard)
    classes = (await compiled.load('services')) as typeof servicesFile
  }, 120_000)
  beforeEach(() => {
    classes.order.length = 0
    discovery = new DiscoveryClient({}, classes.backend)
  })
  afterAll(() => compiled.dispose())

  const registered = async (name: string) => (await classes.backend.getInstances(name)).map(({ port, status }) => `${port} ${status}`)

  it('compile, and are refused where they do not belong', () => {
    expect(compiled.complaints).toEqual([])
  })

  describe('@RegisterService', () => {
    it('registers when the object has started, and deregisters before it stops', async () => {
      const { Orders } = classes
      const orders = new Orders(discovery)
      expect(await registered('orders')).toEqual([])
      expect(await orders.start(4100)).toBe('on 4100')
      expect(await registered('orders')).toEqual(['4100 UP'])
      expect(registrationOf(orders).getInstance()).toMatchObject({ id: 'orders:127.0.0.1:4100' })

      const stopped = orders.stop()
      expect(classes.order).toEqual(['start'])
      await stopped
      expect(classes.order).toEqual(['start', 'stop users'])
      expect(await registered('orders')).toEqual([])
    })

    it('lets an object end that never started, without asking for its config', async () => {
      await new classes.Orders(discovery).stop()
      expect(classes.order).toEqual(['stop users'])
    })

    it('registers each object, and those of subclasses once', async () => {
      const { Inherited, Orders } = classes
      const all = [new Orders(discovery), new Orders(discovery), new Inherited(discovery)]
      await Promise.all(all.map((one, index) => one.start(4200 + index)))
      expect(await registered('orders')).toEqual(['4200 UP', '4201 UP', '4202 UP'])
      await Promise.all(all.map((one) => one.stop()))
      expect(await registered('orders')).toEqual([])
    })

    it('gives a class without methods of its own those that containers call', async () => {
      const { Plain, Sub } = classes
      const [plain, sub] = [new Plain(), new Sub()]
      await plain.onModuleInit()
      await sub.onModuleInit()
      expect([await registered('plain'), await registered('sub')]).toEqual([['4001 UP'], ['4002 UP']])
      await plain.onModuleDestroy()
      await (sub as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.()
      expect([await registered('plain'), await registered('sub')]).toEqual([[], []])
      expect(Object.keys(Plain.prototype)).toEqual([])
    })

    it('leaves other methods alone where hooks are named, and ends the registration though ending fails', async () => {
      const other = new classes.OtherHooks()
      expect(other.start()).toBe('a word of the domain')
      expect(await registered('other')).toEqual([])
      await other.listen()
      expect(await registered('other')).toEqual(['4003 UP'])
      const shutDown = vi.spyOn(registrationOf(other), 'shutdown')
      await expect(other.shutDown()).rejects.toThrow('shut down')
      expect(shutDown).toHaveBeenCalledOnce()
      expect(await registered('other')).toEqual([])
    })

    it('fails with the registration, and reports it where a method promised nothing', async () => {
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
      const synchronous = new classes.Synchronous()
      const init: () => unknown = () => {
        synchronous.onModuleInit()
      }
      expect(init).not.toThrow()
      await vi.waitFor(() => expect(warned).toHaveBeenCalledOnce())
      expect(warned.mock.calls.map(([message]) => String(message))).toEqual([
        expect.stringMatching(/^Synchronous\.onModuleInit threw: .*port/),
      ])
      warned.mockRestore()
    })

    it('registers again after the end', async () => {
      const plain = new classes.Plain()
      for (let round = 0; round < 2; round++) {
        await plain.onModuleInit()
        expect(await registered('plain')).toEqual(['4001 UP'])
        await plain.onModuleDestroy()
        expect(await registered('plain')).toEqual([])
      }
    })

    it('is what registrationOf asks for', () => {
      expect(() => registrationOf(new Date())).toThrow('Date has no @RegisterService')
    })
  })

  describe('@InjectServiceClient', () => {
    it('makes clients that find their service, and end with the object', async () => {
      const { port } = await startService((_, response) => json(response, [{ name: 'John' }]))
      const registration = await register(classes.backend, { port })
      const orders = new classes.Orders(discovery)
      expect(orders.users).toBeInstanceOf(ServiceClient)
      expect(orders.users).toBe(orders.users)
      expect([orders.users.serviceName, orders.stock.serviceName]).toEqual(['users', 'stock'])
      expect((await orders.users.get<{ name: string }[]>('/users')).data[0]?.name).toBe('John')
      await orders.start(4300)
      await orders.stop()
      await expect(orders.users.get('/')).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
      await expect(orders.stock.get('/')).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
      await registration.deregister()
    })

    it('makes one for each field and object, static ones too', () => {
      const { Members, SubMembers } = classes
      const [one, other, sub] = [new Members(), new Members(), new SubMembers()]
      const all = [Members.shared, ...one.both, ...other.both, ...sub.both, sub.three, one.maybe]
      expect(new Set(all).size).toBe(9)
      expect(all.every((client) => client instanceof ServiceClient)).toBe(true)
      expect(Members.shared).toBe(SubMembers.shared)
    })

    it('asks the default discovery at the first call, and closes by hand', async () => {
      const { port } = await startService((_, response) => json(response, 'found'))
      const backend = new MemoryRegistryBackend()
      const { Members, SubMembers } = classes
      const sub = new SubMembers()
      defaultDiscovery.use(new DiscoveryClient({}, backend))
      await register(backend, { port })
      expect((await sub.one.get('/')).data).toBe('found')
      expect((await Members.shared.get('/')).data).toBe('found')
      await closeServiceClients(sub)
      for (const client of [...sub.both, sub.three]) await expect(client.get('/')).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
      expect((await Members.shared.get('/')).data).toBe('found')
      await closeServiceClients(Members)
      await expect(Members.shared.get('/')).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
      await closeServiceClients(new Date())
    })
  })

  it('refuse what is wrong when the class is defined', async () => {
    const { misuses } = (await compiled.load('misuses')) as typeof misusesFile
    const messages = Object.entries(misuses).map(([name, define]) => {
      try {
        define()
        return `${name}: nothing`
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError)
        return `${name}: ${(error as Error).message}`
      }
    })
    expect(messages.join('\n')).toMatchInlineSnapshot(`
      "a config that is wrong: @RegisterService of Wrong has 2 problems:
        - name: expected a text that is not empty, got ''
        - port: is missing
      a hook that there is not: @RegisterService of Wrong: hooks.start: there is no method 'begin'
      two registrations: @RegisterService of Wrong: is given twice; keep one
      a registered method: @RegisterService of method: decorates a class, not a method
      options that are wrong: @InjectServiceClient of users: timeout: expected milliseconds or a string such as '250ms', '30s', '5m' from 1 to 2147483647, got 'soon'
      no name: @InjectServiceClient of users: serviceName: expected a text that is not empty, got ''
      an injected method: @InjectServiceClient of users: decorates a field or an accessor, not a method
      an injected class: @InjectServiceClient of Wrong: decorates a field or an accessor, not a class
      an injected getter: @InjectServiceClient of users: decorates a field or an accessor, not a getter, setter or parameter"
    `)
  })
})
