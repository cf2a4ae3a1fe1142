import { silentLogger } from '@hazeljs/core'
import { serverIsMissing } from 'hazeljs-test-servers'
import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { GatewayServer, type ListenOptions } from '../src/index.js'
import { authority, localServer } from './certificates.js'
import { afterTest, MemoryRegistryBackend, register, startUpstream } from './harness.js'

const run = promisify(execFile)
const file = randomBytes(300_000)
const sha = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')

/** A small file server, and a place to upload to that says what came. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url } = request
  if (method === 'PUT' || method === 'POST') {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { expect: expectation, 'transfer-encoding': coding, 'content-length': length } = request.headers
    response.end(JSON.stringify({ sha: sha(Buffer.concat(chunks)), expectation, coding, length, trailers: request.trailers }))
  } else if (url === '/zipped') {
    response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync('unzipped by the client'))
  } else if (url === '/trailers') {
    response.writeHead(200, { Trailer: 'X-Sum' }).write('body')
    response.addTrailers([['X-Sum', '42']])
    response.end()
  } else if (url === '/moved') {
    response.writeHead(302, { Location: '/file' }).end()
  } else if (request.headers['if-none-match'] === '"v1"') {
    response.writeHead(304, { ETag: '"v1"' }).end()
  } else {
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
    const end = to === undefined || to === '' ? file.length - 1 : Number(to)
    const part = from === undefined ? file : file.subarray(Number(from), end + 1)
    const range = from === undefined ? {} : { 'Content-Range': `bytes ${from}-${end}/${file.length}` }
    response.writeHead(from === undefined ? 200 : 206, { 'Content-Length': part.length, 'Accept-Ranges': 'bytes', ETag: '"v1"', ...range })
    response.end(part)
  }
}

async function setUp(listen: ListenOptions = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'gw-curl-'))
  afterTest(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'upload'), file)
  await writeFile(join(directory, 'ca.pem'), authority)
  const upstream = await startUpstream((request, response) => void serve(request, response))
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', upstream.port)
  const gateway = new GatewayServer({ routes: [{ path: '/**', serviceName: 'service' }] }, backend, { logger: silentLogger })
  afterTest(() => {
    gateway.stop()
  })
  const { url } = await gateway.listen({ port: 0, host: '127.0.0.1', ...listen })
  const curl = async (...args: string[]) => {
    const { stdout, stderr } = await run('curl', ['--silent', '--show-error', '--max-time', '10', '--globoff', ...args], {
      encoding: 'buffer',
      cwd: directory,
      maxBuffer: 10_000_000,
    })
    return { stdout, stderr: stderr.toString(), text: stdout.toString() }
  }
  return { url, upstream, curl, directory }
}

/** How many connections each of two requests needed. */
const twice = (url: string) => [
  '-o',
  'one',
  '-o',
  'two',
  '-w',
  '%{http_code} %{http_version} %{num_connects}\n',
  `${url}/file`,
  `${url}/file`,
]

describe.skipIf(serverIsMissing('curl'))('curl', () => {
  it('downloads, whole and in parts, on one connection', async () => {
    const { url, curl } = await setUp()
    expect(sha((await curl(`${url}/file`)).stdout)).toBe(sha(file))
    expect((await curl(...twice(url))).text).toBe('200 1.1 1\n200 1.1 0\n')
    expect((await curl('-r', '100-199', '-w', '%{http_code}', '-o', 'part', `${url}/file`)).text).toBe('206')
    expect(sha((await curl('-r', '100-199', `${url}/file`)).stdout)).toBe(sha(file.subarray(100, 200)))
    expect(sha((await curl('-r', '299990-', `${url}/file`)).stdout)).toBe(sha(file.subarray(299_990)))
  })

  it('goes on with a download that broke off', async () => {
    const { url, curl, directory } = await setUp()
    await writeFile(join(directory, 'half'), file.subarray(0, 150_000))
    await curl('-C', '-', '-o', 'half', `${url}/file`)
    expect(sha(await readFile(join(directory, 'half')))).toBe(sha(file))
  })

  it('asks for heads, conditions and redirects', async () => {
    const { url, curl } = await setUp()
    expect((await curl('-I', `${url}/file`)).text).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*content-length: 300000\r\n/i)
    const [fresh, moved] = [await curl('-i', '-H', 'If-None-Match: "v1"', `${url}/file`), await curl('-i', `${url}/moved`)]
    expect(fresh.text).toMatch(/^HTTP\/1.1 304 Not Modified\r\n[^]*\r\n\r\n$/)
    expect(moved.text).toMatch(/^HTTP\/1.1 302 Found\r\n[^]*location: \/file\r\n/i)
    expect((await curl('-L', '-o', 'one', '-w', '%{http_code} %{num_redirects}', `${url}/moved`)).text).toBe('200 1')
  })

  it('speaks HTTP/1.0, and keeps such a connection where it asks for it', async () => {
    const { url, curl } = await setUp()
    expect((await curl('--http1.0', ...twice(url))).text).toBe('200 1.1 1\n200 1.1 1\n')
    expect((await curl('--http1.0', '-H', 'Connection: keep-alive', ...twice(url))).text).toBe('200 1.1 1\n200 1.1 0\n')
    expect(sha((await curl('--http1.0', `${url}/file`)).stdout)).toBe(sha(file))
    const sum = await curl('--http1.0', '-i', `${url}/trailers`)
    expect(sum.text).toMatch(/\r\n\r\nbody$/)
    expect(sum.text).not.toMatch(/transfer-encoding/i)
  })

  it('uploads: with a length, in chunks, and after a 100', async () => {
    const { url, curl } = await setUp()
    const whole = JSON.parse((await curl('--data-binary', '@upload', `${url}/`)).text) as object
    expect(whole).toEqual({ sha: sha(file), length: String(file.length), trailers: {} })
    const chunked = await curl('-T', 'upload', '-H', 'Transfer-Encoding: chunked', '-H', 'Expect: 100-continue', '-v', `${url}/`)
    expect(JSON.parse(chunked.text)).toEqual({ sha: sha(file), coding: 'chunked', trailers: {} })
    expect(chunked.stderr).toContain('< HTTP/1.1 100 Continue')
    const form = JSON.parse((await curl('-F', 'file=@upload', `${url}/`)).text) as { length: string }
    expect(Number(form.length)).toBeGreaterThan(file.length)
  })

  it('streams what it reads from a pipe', async () => {
    const { url, directory } = await setUp()
    const child = spawn('curl', ['--silent', '-T', '-', `${url}/`], { cwd: directory, stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.write(file.subarray(0, 100_000), () => child.stdin.end(file.subarray(100_000)))
    let text = ''
    for await (const chunk of child.stdout) text += String(chunk)
    expect(JSON.parse(text)).toEqual({ sha: sha(file), coding: 'chunked', trailers: {} })
  })

  it('reads trailers and compressed bodies', async () => {
    const { url, curl } = await setUp()
    expect((await curl('-D', '-', '-o', 'one', '-H', 'TE: trailers', `${url}/trailers`)).text).toMatch(/x-sum: 42/i)
    expect((await curl('--compressed', `${url}/zipped`)).text).toBe('unzipped by the client')
    expect((await curl(`${url}/zipped`)).stdout.subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]))
  })

  it('comes over IPv6 and TLS', async () => {
    const { url, curl, upstream } = await setUp({ host: '::1', tls: localServer })
    expect(url).toMatch(/^https:\/\/\[::1\]:/)
    expect((await curl('--cacert', 'ca.pem', ...twice(url))).text).toBe('200 1.1 1\n200 1.1 0\n')
    expect(upstream.requests[0]?.headers).toMatchObject({ 'x-forwarded-for': '::1', 'x-forwarded-proto': 'https' })
    await expect(curl(`${url}/file`)).rejects.toMatchObject({ code: 60 })
  })

  it('that offers HTTP/2 is served over HTTP/1.1', async () => {
    const { url, curl } = await setUp()
    expect((await curl('--http2', ...twice(url))).text).toBe('200 1.1 1\n200 1.1 0\n')
    await expect(curl('--http2-prior-knowledge', `${url}/file`)).rejects.toThrow()
    expect((await curl('-o', 'one', '-w', '%{http_code}', `${url}/file`)).text).toBe('200')
  })
})
