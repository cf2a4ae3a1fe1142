import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { priceOf } from './readme-example.js'

const attempts: (string | undefined)[] = []
const server = createServer((request, response) => {
  attempts.push(request.headers['x-attempt']?.toString())
  response.statusCode = attempts.length === 1 ? 503 : 200
  response.end('{"cents":100}')
})

afterEach(() => server.close())

it('shows an example that retries a failed call', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  expect(await priceOf(`http://127.0.0.1:${port}/prices/1`)).toEqual({ cents: 100 })
  expect(attempts).toEqual(['1', '2'])
})

it('shows the example that was run', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(await readFile(new URL('readme-example.ts', import.meta.url), 'utf8'))
})
