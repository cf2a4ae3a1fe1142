import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startFullStack } from './starter-process.js'

const timeout = 30_000
const repository = fileURLToPath(new URL('../../../', import.meta.url))
const readme = readFileSync(join(repository, 'README.md'), 'utf8')

/** What the README shows under `$ curl -i …`: names of the fields, in order, and the body. */
function shownAnswer(command: string) {
  const block = [...readme.matchAll(/```console\n\$ ([^\n]+)\n([\s\S]*?)\n```/g)].find(([, shown]) => shown === command)?.[2] ?? ''
  const [head = '', body = ''] = block.split('\n\n')
  return { ...readHead(head), body }
}

function readHead(head: string) {
  const [status = '', ...fields] = head.split(/\r?\n/)
  return { status, fields: fields.map((field) => field.split(':')[0] ?? ''), length: /^Content-Length: (\d+)/m.exec(head)?.[1] }
}

/** What `curl -i` would print, in the same form. */
async function ask(url: string) {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage]
  const { statusCode, statusMessage, rawHeaders, headers } = response
  const fields = rawHeaders.filter((_, index) => index % 2 === 0)
  return {
    status: `HTTP/1.1 ${statusCode ?? 0} ${statusMessage ?? ''}`,
    fields,
    length: headers['content-length'],
    body: (await text(response)).trimEnd(),
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('README.md', () => {
  it('shows what npm start answers', { timeout }, async () => {
    const { url } = await startFullStack()
    const shown = shownAnswer('curl -i localhost:3000/api/users')
    expect(shown.body).toContain('user-service v1')
    let answer = await ask(`${url}/api/users`)
    // One request in three goes to v2.
    while (answer.body.includes('user-service v2')) answer = await ask(`${url}/api/users`)
    expect(answer).toEqual(shown)
  })

  it('has an example that runs as it stands, but for the ports, and answers as shown', { timeout }, async () => {
    const example = /```ts\n([\s\S]*?)\n```/.exec(readme)?.[1] ?? ''
    const lines = example.split('\n')
    expect(lines.length).toBeLessThanOrEqual(30)
    const folder = mkdtempSync(join(tmpdir(), 'hazeljs-readme-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const servicePort = await freePort()
    writeFileSync(join(folder, 'gateway.mts'), example.replaceAll('4001', String(servicePort)).replace('port: 3000', 'port: 0'))

    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), 'gateway.mts'], {
      cwd: folder,
      env: { ...process.env, TSX_TSCONFIG_PATH: join(repository, 'tsconfig.json') },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [printed] = (await once(child.stdout, 'data')) as [Buffer]
    const url = /^Listening on (\S+)/.exec(printed.toString())?.[1] ?? ''
    expect(await ask(`${url}/api/hello/world`)).toEqual(shownAnswer('curl -i localhost:3000/api/hello/world'))
  })
})
