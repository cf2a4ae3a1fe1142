import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { type ConfigProblem, toError } from '@hazeljs/core'

type Material = Pick<SecureContextOptions, 'cert' | 'key' | 'passphrase' | 'pfx' | 'ca'>

const expected = {
  cert: 'expected a certificate in PEM, with those between it and the root after it',
  key: 'expected a private key in PEM, and its passphrase where it has one',
  pfx: 'expected a PKCS #12 archive, and its passphrase where it has one',
  ca: 'expected certificates of authorities in PEM',
} as const

/** What is wrong with certificates and keys, by what OpenSSL makes of them. No message quotes what was given: it may be a secret. */
export function tlsProblems(options: SecureContextOptions): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  if (options.cert === undefined && options.key !== undefined) problems.push({ path: 'cert', message: 'is missing beside key' })
  if (options.key === undefined && options.cert !== undefined) problems.push({ path: 'key', message: 'is missing beside cert' })
  for (const name of ['cert', 'key', 'pfx', 'ca'] as const) {
    const reason = reasonAgainst(() => readAlone(name, options))
    if (reason !== undefined && isFileName(options[name])) problems.push({ path: name, message: `${expected[name]}, ${fileName}` })
    else if (reason !== undefined) problems.push({ path: name, message: `${expected[name]}: ${reason}` })
  }
  if (problems.length > 0) return problems
  const reason = reasonAgainst(() => createSecureContext(options))
  if (reason === undefined) return []
  return [reason.includes('key values mismatch') ? { path: 'key', message: 'is not the key of cert' } : { path: '', message: reason }]
}

const fileName = 'got what looks like the name of a file; give what is in the file: readFileSync(name)'

/** The option that most other servers have. */
function isFileName(value: unknown): boolean {
  return typeof value === 'string' && /^[^\n]*[./\\](?:pem|crt|cer|key|p12|pfx)$/i.test(value)
}

function readAlone(name: 'cert' | 'key' | 'pfx' | 'ca', { passphrase, ...options }: Material): void {
  const value = options[name]
  if (value === undefined) return
  if (isEmpty(value)) throw new Error('it is empty')
  createSecureContext({ [name]: value, passphrase })
  // OpenSSL passes over text without a certificate, and then trusts nobody.
  if (name === 'ca') for (const authority of [value].flat()) new X509Certificate(authority as string | Buffer)
}

/** Node takes these for none at all, but for an empty list of authorities: then it trusts nobody. */
function isEmpty(value: unknown): boolean {
  if (value === null) return true
  return (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) && value.length === 0
}

function reasonAgainst(action: () => void): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return toError(error).message.replace(/\. Received .*/s, '') // where it would be quoted
  }
}
