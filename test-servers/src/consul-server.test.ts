import { describe, expect, it } from 'vitest'
import { ConsulServer } from './consul-server.js'
import { serverIsMissing } from './missing.js'

const isUp = (port: number) =>
  fetch(`http://127.0.0.1:${port}/v1/status/leader`, { signal: AbortSignal.timeout(500) }).then(
    ({ ok }) => ok,
    () => false,
  )

describe.skipIf(serverIsMissing('consul'))('ConsulServer', () => {
  it('starts, hangs, wakes, is killed, and starts again on the same port', async () => {
    const server = await ConsulServer.start()
    expect(await isUp(server.port)).toBe(true)
    server.hang()
    expect(await isUp(server.port)).toBe(false)
    server.wake()
    await expect.poll(() => isUp(server.port), { timeout: 5_000 }).toBe(true)
    await server.kill()
    expect(await isUp(server.port)).toBe(false)
    await server.restart()
    expect(await isUp(server.port)).toBe(true)
    await server.kill()
  }, 30_000)

  it('says why it did not start', async () => {
    await expect(ConsulServer.start('-no-such-option')).rejects.toThrow(/consul did not start: [^]*no-such-option/)
  })
})
