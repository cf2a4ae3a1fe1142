import type { SmugglingRow } from './smuggling-rows.js'

const get = (fields: string) => `GET /g HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`
const plain = 'GET /g HTTP/1.1\r\nHost: a\r\n\r\n'
const served = { client: [200], backend: ['GET /g'], stays: true } as const

/** Heads that are not as they should be [RFC 9112, 2.2, 3, 5]. */
export const headRows: readonly SmugglingRow[] = [
  { what: 'a plain request', sent: plain, ...served },
  { what: 'empty lines in front', sent: `\r\n\r\n${plain}`, ...served },
  { what: 'a bare LF after a field', sent: 'GET /g HTTP/1.1\r\nHost: a\nX: b\r\n\r\n', client: [400] },
  { what: 'bare LFs only', sent: 'GET /g HTTP/1.1\nHost: a\n\n', client: [400] },
  { what: 'a bare CR in a value', sent: get('X: b\rY: c'), client: [400] },
  { what: 'NUL in a value', sent: get('X: b\0c'), client: [400] },
  { what: 'a control byte in a value', sent: get('X: b\x01c'), client: [400] },
  { what: 'DEL in a value', sent: get('X: b\x7fc'), client: [400] },
  { what: 'bytes above ASCII in a value', sent: get('X: b\xe9'), ...served },
  { what: 'a folded field', sent: get('X: b\r\n c'), client: [400] },
  { what: 'a fold before the first field', sent: 'GET /g HTTP/1.1\r\n Host: a\r\n\r\n', client: [400] },
  { what: 'an empty name', sent: get(': x'), client: [400] },
  { what: 'a name with a space', sent: get('X Y: z'), client: [400] },
  { what: 'a name above ASCII', sent: get('X\xe9: z'), client: [400] },
  { what: 'a line without a colon', sent: get('nothing'), client: [400] },
  { what: 'HTTP/0.9', sent: 'GET /g\r\n\r\n', client: [400] },
  { what: 'HTTP/0.9 that says so', sent: 'GET /g HTTP/0.9\r\nHost: a\r\n\r\n', client: [400] },
  { what: 'HTTP/1.2', sent: 'GET /g HTTP/1.2\r\nHost: a\r\n\r\n', client: [400] },
  { what: 'HTTP/1.10', sent: 'GET /g HTTP/1.10\r\nHost: a\r\n\r\n', client: [400] },
  { what: 'HTTP/2.0', sent: 'GET /g HTTP/2.0\r\nHost: a\r\n\r\n', client: [400] },
  { what: 'the preface of HTTP/2', sent: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', client: [400] },
  { what: 'http/1.1', sent: 'GET /g http/1.1\r\nHost: a\r\n\r\n', client: [400] },
  { what: 'a TLS handshake', sent: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', client: [400] },
  { what: 'a method in small letters', sent: 'get /g HTTP/1.1\r\nHost: a\r\n\r\n', client: [400] },
  { what: 'an unknown method', sent: 'SMUGGLE /g HTTP/1.1\r\nHost: a\r\n\r\n', client: [400] },
  { what: 'tabs in the request line', sent: 'GET\t/g\tHTTP/1.1\r\nHost: a\r\n\r\n', client: [400] },
  { what: 'a space after the version', sent: 'GET /g HTTP/1.1 \r\nHost: a\r\n\r\n', client: [400] },
  { what: 'two spaces before the target, which re-framing cures', sent: 'GET  /g HTTP/1.1\r\nHost: a\r\n\r\n', ...served },
  { what: 'CONNECT', sent: 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', client: [501] },
  { what: 'TRACE', sent: 'TRACE /g HTTP/1.1\r\nHost: a\r\n\r\n', client: [501], stays: true },
  { what: 'a malformed one behind a good one', sent: `${plain}GET /g HTTP/1.1\r\nHost : a\r\n\r\n`, client: [200], backend: ['GET /g'] },
  {
    what: 'CONNECT behind a good one',
    sent: `${plain}CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n`,
    client: [200, 501],
    backend: ['GET /g'],
  },
]

/** What names the host, the resource or the sender. */
export const fieldRows: readonly SmugglingRow[] = [
  { what: 'no Host', sent: 'GET /g HTTP/1.1\r\n\r\n', client: [400], stays: true },
  { what: 'no Host in HTTP/1.0', sent: 'GET /g HTTP/1.0\r\n\r\n', client: [200], backend: ['GET /g'] },
  { what: 'an empty Host', sent: 'GET /g HTTP/1.1\r\nHost:\r\n\r\n', client: [400], stays: true },
  { what: 'two Hosts', sent: get('Host: b'), client: [400], stays: true },
  { what: 'the same Host twice', sent: get('hOsT: a'), client: [400], stays: true },
  { what: 'a Host with a user', sent: 'GET /g HTTP/1.1\r\nHost: u@a\r\n\r\n', client: [400], stays: true },
  { what: 'a Host with a path', sent: 'GET /g HTTP/1.1\r\nHost: a/b\r\n\r\n', client: [400], stays: true },
  { what: 'a list of Hosts', sent: 'GET /g HTTP/1.1\r\nHost: a, b\r\n\r\n', client: [400], stays: true },
  { what: 'a Host in IPv6', sent: 'GET /g HTTP/1.1\r\nHost: [::1]:80\r\n\r\n', ...served },
  { what: 'a second Host behind a thousand fields', sent: get(`${'a:b\r\n'.repeat(1_100)}Host: b`), client: [431], stays: true },
  { what: 'absolute-form', sent: 'GET http://b/g HTTP/1.1\r\nHost: a\r\n\r\n', ...served },
  { what: 'absolute-form without Host', sent: 'GET http://b/g HTTP/1.1\r\n\r\n', client: [400], stays: true },
  { what: 'absolute-form with a user', sent: 'GET http://u@b/g HTTP/1.1\r\nHost: a\r\n\r\n', client: [400], stays: true },
  { what: '# in the target', sent: 'GET /g#x HTTP/1.1\r\nHost: a\r\n\r\n', client: [400], stays: true },
  { what: 'non-ASCII in the target', sent: 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n', client: [400] },
  { what: 'a control byte in the target', sent: 'GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n', client: [400] },
  { what: 'two Authorizations', sent: get('Authorization: x\r\nauthorization: y'), client: [400], stays: true },
  { what: 'two Content-Types', sent: get('Content-Type: a/b\r\ncontent-type: c/d'), client: [400], stays: true },
  { what: 'a name with _', sent: get('X_User: admin'), ...served },
  { what: 'h2c', sent: get('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ'), ...served },
  { what: 'h2c that Connection does not name', sent: get('Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ'), ...served },
]
