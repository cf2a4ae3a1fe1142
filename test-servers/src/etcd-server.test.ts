import { build } from 'esbuild'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { EtcdServer } from './etcd-server.js'
import { serverIsMissing } from './missing.js'

const post = async (url: string, path: string, body: object) => {
  const response = await fetch(`${url}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(2_000) })
  return (await response.json()) as { readonly kvs?: readonly { readonly value: string }[] }
}
const key = Buffer.from('a').toString('base64')
const values = async (url: string) => ((await post(url, 'range', { key })).kvs ?? []).map(({ value }) => value)

describe.skipIf(serverIsMissing('etcd'))('EtcdServer', () => {
  it('keeps its data when it was killed, hanging or not, unless it is to restart empty', async () => {
    const server = await EtcdServer.start()
    await post(server.url, 'put', { key, value: key })
    expect(await values(server.url)).toEqual([key])
    server.hang()
    await server.kill()
    await expect(values(server.url)).rejects.toThrow()
    await server.restart()
    expect(await values(server.url)).toEqual([key])
    await server.kill()
    await server.restartEmpty()
    expect(await values(server.url)).toEqual([])
    await server.kill()
  })

  it('says why it did not start', async () => {
    await expect(EtcdServer.start('--no-such-option')).rejects.toThrow(/etcd did not start: [^]*no-such-option/)
  })

  it('ends with the process that started it, and so do its data', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hazeljs-owner-'))
    const outfile = join(folder, 'owner.mjs')
    const contents = `import { EtcdServer } from './etcd-server.js'
      import { keptFolder } from './kept-folder.js'
      process.send([(await EtcdServer.start()).url, keptFolder()])`
    const resolveDir = fileURLToPath(new URL('.', import.meta.url))
    await build({ stdin: { contents, resolveDir }, outfile, bundle: true, platform: 'node', format: 'esm' })
    const owner = fork(outfile, { execArgv: [] })
    const [[url, kept]] = (await once(owner, 'message')) as [[string, string]]
    expect(await values(url)).toEqual([])
    expect(existsSync(kept)).toBe(true)
    owner.kill('SIGKILL')
    const isUp = () =>
      values(url).then(
        () => true,
        () => false,
      )
    await expect.poll(isUp, { timeout: 5_000 }).toBe(false)
    await expect.poll(() => existsSync(kept), { timeout: 5_000 }).toBe(false)
    rmSync(folder, { recursive: true })
  })
})
