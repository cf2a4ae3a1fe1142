import { describe, expect, it } from 'vitest'
import { GatewayServer } from '../src/index.js'
import { MemoryRegistryBackend, startGateway } from './harness.js'

const noRoutes = () => startGateway({ routes: [] }, new MemoryRegistryBackend())

describe('a gateway that is told nonsense', () => {
  it('refuses a port that is none before it opens a socket', async () => {
    const gateway = GatewayServer.fromConfig({ routes: [] }, new MemoryRegistryBackend())
    await expect(gateway.listen({ port: 99_999 })).rejects.toThrow('listen: port: expected a whole number from 0 to 65535, got 99999')
    await gateway.close()
  })

  it('names a port that is taken', async () => {
    const { port } = await noRoutes()
    const second = GatewayServer.fromConfig({ routes: [] }, new MemoryRegistryBackend())
    await expect(second.listen({ port, host: '127.0.0.1' })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: expect.stringContaining(`127.0.0.1:${port} is already in use`) as string,
    })
    await expect(second.listen({ port: 0, host: '127.0.0.1' })).resolves.toMatchObject({ host: '127.0.0.1' })
    await second.close()
  })

  it('listens once', async () => {
    const { gateway } = await noRoutes()
    await expect(gateway.listen({ port: 0 })).rejects.toThrow('listens already')
  })

  it('listens never again', async () => {
    const { gateway } = await noRoutes()
    await gateway.close()
    await expect(gateway.listen({ port: 0 })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: expect.stringContaining('make another one') as string,
    })
  })

  it('refuses a drain timeout that is none', async () => {
    const { gateway } = await noRoutes()
    await expect(gateway.close({ drainTimeout: 'soon' })).rejects.toThrow('close: drainTimeout: expected milliseconds')
  })

  it('says that it is closed, to clients and to code', async () => {
    const { gateway } = await noRoutes()
    await gateway.close()
    expect(await gateway.handleRequest({ method: 'GET', path: '/' })).toMatchObject({ status: 503, body: { code: 'GATEWAY_CLOSED' } })
    expect(() => gateway.addRoute({ path: '/', serviceName: 'service' })).toThrow('The gateway is shut down')
  })

  it.each([['GET'], [[5]], [{}], [null]])('takes no %j for the methods of a route to remove', async (methods) => {
    const { gateway } = await noRoutes()
    expect(() => gateway.removeRoute('/', methods as string[])).toThrow('removeRoute: methods: expected a list of methods, got')
  })

  it('names a class without @Gateway', () => {
    class Plain {}
    expect(() => GatewayServer.fromClass(Plain)).toThrow('Plain: the class has no @Gateway; decorate it with @Gateway({ … })')
  })
})
