import { build } from 'esbuild'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { serverIsMissing } from './missing.js'
import { RedisServer } from './redis-server.js'

const isUp = (port: number) => {
  const socket = connect(port, '127.0.0.1')
  return once(socket, 'connect')
    .then(() => true)
    .catch(() => false)
    .finally(() => socket.destroy())
}

describe.skipIf(serverIsMissing('redis-server'))('RedisServer', () => {
  it('starts, is killed, hanging or not, and starts again on the same port', async () => {
    const server = await RedisServer.start()
    expect(await isUp(server.port)).toBe(true)
    await server.kill()
    expect(await isUp(server.port)).toBe(false)
    await server.restart()
    expect(await isUp(server.port)).toBe(true)
    server.hang()
    await server.kill()
    await server.kill()
    expect(await isUp(server.port)).toBe(false)
  })

  it('says why it did not start', async () => {
    await expect(RedisServer.start('--no-such-option', 'yes')).rejects.toThrow(/redis-server did not start: [^]*no-such-option/)
  })

  it('ends with the process that started it, even one that was killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hazeljs-owner-'))
    const outfile = join(folder, 'owner.mjs')
    const contents = `import { RedisServer } from './redis-server.js'
      process.send((await RedisServer.start()).port)`
    await build({
      stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
    })
    const owner = fork(outfile, { execArgv: [] })
    const [port] = (await once(owner, 'message')) as [number]
    expect(await isUp(port)).toBe(true)
    owner.kill('SIGKILL')
    await expect.poll(async () => isUp(port), { timeout: 5_000 }).toBe(false)
    rmSync(folder, { recursive: true })
  })
})
