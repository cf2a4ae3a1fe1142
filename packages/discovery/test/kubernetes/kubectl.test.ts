import type { KubernetesApiServer } from '@hazeljs/discovery/testing'
import { serverIsMissing } from 'hazeljs-test-servers'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeCertificates } from './certificates.fixture.js'
import { startServer } from './cluster.fixture.js'
import { slice } from './slices.fixture.js'

const patience = { timeout: 15_000, interval: 20 }

/** kubectl on the server, with a home of its own. Columns of its output are parted by `|`. */
function kubectl(server: KubernetesApiServer, ...args: readonly string[]) {
  const home = mkdtempSync(join(tmpdir(), 'hazeljs-kubectl-'))
  const config = join(home, 'config')
  writeFileSync(config, server.kubeConfig({ namespace: 'shop' }))
  const child = spawn('kubectl', ['--kubeconfig', config, '--cache-dir', join(home, 'cache'), ...args], {
    env: { PATH: process.env.PATH, HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(home, { recursive: true })
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const lines = () =>
    output
      .trim()
      .split('\n')
      .map((line) => line.trim().replaceAll(/ {2,}/g, '|'))
      .map((line) => line.replace(/\|\d+[sm]$/, '|age'))
  return { lines, ended }
}

describe.skipIf(serverIsMissing('kubectl'))('kubectl', () => {
  const orders = (...addresses: string[]) => slice('orders-1', addresses, { metadata: { name: 'orders-1', namespace: 'shop' } })
  const head = 'NAME|ADDRESSTYPE|PORTS|ENDPOINTS|AGE'

  it('lists slices', async () => {
    const server = await startServer()
    server.put(orders('10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'))
    server.put(slice('elsewhere', ['10.0.0.9']))
    const { lines, ended } = kubectl(server, 'get', 'endpointslices', '--selector', 'kubernetes.io/service-name in (orders, users)')
    await ended
    expect(lines()).toEqual([head, 'orders-1|IPv4|8080|10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...|age'])
  }, 20_000)

  it('watches slices: it prints one that is added and one that changes', async () => {
    const server = await startServer()
    server.put(orders('10.0.0.1'))
    const { lines } = kubectl(server, 'get', 'endpointslices', '--watch')
    await expect.poll(() => server.openStreams, patience).toBe(1)
    server.put(slice('users-1', ['10.0.1.1'], { metadata: { name: 'users-1', namespace: 'shop' } }, 'users'))
    server.put(orders('10.0.0.2'))
    await expect
      .poll(lines, patience)
      .toEqual([head, 'orders-1|IPv4|8080|10.0.0.1|age', 'users-1|IPv4|8080|10.0.1.1|age', 'orders-1|IPv4|8080|10.0.0.2|age'])
  }, 40_000)

  it('gets, labels and deletes one', async () => {
    const server = await startServer()
    server.put(orders('10.0.0.1'))
    const got = kubectl(server, 'get', 'endpointslice', 'orders-1', '--output', 'jsonpath={.endpoints[0].addresses[0]}')
    await got.ended
    expect(got.lines()).toEqual(['10.0.0.1'])
    const deleted = kubectl(server, 'delete', 'endpointslice', 'orders-1', '--wait=false')
    await deleted.ended
    expect(deleted.lines()).toEqual(['endpointslice.discovery.k8s.io "orders-1" deleted'])
    expect(server.slices).toEqual([])
    const missing = kubectl(server, 'get', 'endpointslice', 'orders-1')
    await missing.ended
    expect(missing.lines()).toEqual(['Error from server (NotFound): endpointslices.discovery.k8s.io "orders-1" not found'])
  }, 30_000)

  it('is refused what it may not do', async () => {
    // kubectl sends no token over plain HTTP.
    const { ca, server: tls } = makeCertificates()
    const server = await startServer({ token: 'somebody', tls: { ...tls, ca } })
    server.allow('somebody', ['get'])
    const { lines, ended } = kubectl(server, 'get', 'endpointslices')
    await ended
    const forbidden =
      /^Error from server \(Forbidden\): endpointslices.discovery.k8s.io is forbidden: User .* cannot list .* namespace "shop"$/
    expect(lines()).toEqual([expect.stringMatching(forbidden)])
  }, 20_000)
})
