import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EtcdBackendOptions, EtcdRegistryBackend } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { EtcdServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { testCertificate } from '../../src/health/active/certificate.fixture.js'
import { follow, until } from './etcd.fixture.js'

const { cert, key } = testCertificate()

describe.skipIf(serverIsMissing('etcd'))('an etcd that serves TLS', () => {
  let server: EtcdServer
  let folder: string
  const open: EtcdRegistryBackend[] = []
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hazeljs-tls-'))
    const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    writeFileSync(files.cert, cert)
    writeFileSync(files.key, key)
    server = await EtcdServer.startTls({ ...files, clientCa: files.cert })
  })
  afterEach(() => Promise.all(open.splice(0).map((backend) => backend.close())))
  afterAll(async () => {
    await server.kill()
    rmSync(folder, { recursive: true })
  })

  const backend = (tls: EtcdBackendOptions['tls']) => {
    const made = new EtcdRegistryBackend({ endpoints: server.tlsUrl, ...(tls !== undefined && { tls }) })
    open.push(made)
    return made
  }

  it('is trusted by its authority, and trusts a client certificate', async () => {
    const secured = backend({ ca: cert, cert, key, servername: 'localhost' })
    const watch = follow(secured)
    await secured.register(sampleInstance())
    await until(() => watch.ports()?.length === 1, 'the watch tells of it')
  })

  it.each([
    ['is not trusted without its authority', undefined, 'give it as tls.ca'],
    ['is not trusted under another name', { ca: cert }, 'give a name that the certificate carries as tls.servername'],
    ['does not trust a client without a certificate', { ca: cert, servername: 'localhost' }, 'tls.cert and tls.key'],
  ])('%s, and the error says what to give', async (_what, tls, advice) => {
    await expect(backend(tls).getAllServices()).rejects.toThrow(advice)
  })
})
