import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverIsMissing } from 'hazeljs-test-servers'
import { beforeAll, describe, expect, it } from 'vitest'
import { afterTest, json, register, setUp } from './services.js'

const name = 'users.internal'

/** For `users.internal`, signed by itself; valid for two days. */
function makeCertificate(): { readonly key: Buffer; readonly cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'hazeljs-https-'))
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key]
  const named = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  const { status, stderr } = spawnSync('openssl', ['req', '-x509', ...newKey, '-days', '2', '-out', cert, ...named], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const made = { key: readFileSync(key), cert: readFileSync(cert) }
  rmSync(folder, { recursive: true })
  return made
}

describe.skipIf(serverIsMissing('openssl'))('instances of the protocol https', () => {
  let certificate: ReturnType<typeof makeCertificate>

  beforeAll(() => {
    certificate = makeCertificate()
  })

  async function startTls(requestCert: boolean): Promise<number> {
    const options = { ...certificate, ca: certificate.cert, requestCert, rejectUnauthorized: requestCert }
    const server = createServer(options, (_, response) => json(response, 'safe'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    afterTest(() => {
      server.close()
      server.closeAllConnections()
    })
    return (server.address() as AddressInfo).port
  }

  it('are trusted by the ca, for the servername, and told the client’s own certificate', async () => {
    const port = await startTls(true)
    const { client, backend } = await setUp([], { tls: { ca: [certificate.cert.toString()], servername: name, ...certificate } })
    await register(backend, { port, protocol: 'https' })
    expect((await client.get('/')).data).toBe('safe')
  })

  it('are sent nothing where they cannot be trusted', async () => {
    const port = await startTls(false)
    const { client, backend } = await setUp([], { retries: 0 })
    await register(backend, { port, protocol: 'https' })
    await expect(client.post('/', 'secret')).rejects.toMatchObject({ code: 'SERVICE_UNREACHABLE', callRan: false })
    const other = await setUp([], { retries: 0, tls: { ca: certificate.cert } })
    await register(other.backend, { port, protocol: 'https' })
    await expect(other.client.get('/')).rejects.toMatchObject({ cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
  })
})
