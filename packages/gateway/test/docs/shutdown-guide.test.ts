import { expect, it } from 'vitest'
import { afterTest, send } from '../harness.js'
import { bundleCode, runFile } from '../processes/bundled.js'
import { closedPort } from '../raw-http.js'
import { codeBlocks } from './documents.js'

const guide = 'docs/guides/shutdown.md'

it(`the program of ${guide} is not ready at SIGTERM, serves on for 5 s, and dies by the signal`, { timeout: 40_000 }, async () => {
  const program = codeBlocks(guide).find(({ code }) => code.includes('shutdown: true'))?.code ?? ''
  const { file, remove } = await bundleCode(program)
  afterTest(remove)
  const [port, probePort] = [await closedPort(), await closedPort()]
  const { child, ended } = runFile(file, { PORT: String(port), PROBE_PORT: String(probePort) })
  const statusOf = (of: number) =>
    send(of, '/').then(
      ({ status }) => status,
      () => 0,
    )
  await expect.poll(() => statusOf(probePort), { timeout: 10_000 }).toBe(200)

  child.kill('SIGTERM')
  await expect.poll(() => statusOf(probePort), { timeout: 2_000 }).toBe(503)
  const served = await send(port, '/elsewhere')
  expect([served.status, served.headers.connection]).toEqual([404, 'close'])
  expect(await ended).toEqual([null, 'SIGTERM'])
  expect(await statusOf(port)).toBe(0)
})
