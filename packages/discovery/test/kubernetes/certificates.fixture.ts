import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** PEM: a CA, a server of 127.0.0.1 and a client that it signed. */
export interface Certificates {
  readonly ca: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly client: { readonly cert: string; readonly key: string }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** Made by openssl, which every machine that builds Node projects has; valid for two days. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'hazeljs-tls-'))
  const openssl = (...args: string[]) => {
    const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  }
  const signed = (name: string, extension: string) => {
    writeFileSync(join(folder, `${name}.ext`), extension)
    openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    const from = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`]
    openssl('x509', '-req', '-in', `${name}.csr`, ...from, '-out', `${name}.crt`)
  }
  const pem = (name: string) => readFileSync(join(folder, name), 'utf8')
  try {
    openssl('req', '-x509', ...newKey, '-days', '2', '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=ca')
    signed('server', 'subjectAltName=IP:127.0.0.1')
    signed('client', 'extendedKeyUsage=clientAuth')
    return {
      ca: pem('ca.crt'),
      server: { cert: pem('server.crt'), key: pem('server.key') },
      client: { cert: pem('client.crt'), key: pem('client.key') },
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
