/** One thing that was sent, and what has to come of it. */
export interface SmugglingRow {
  readonly what: string
  /** In latin1; `\r\n` written out. */
  readonly sent: string
  /** The statuses that the client gets, in order. */
  readonly client: readonly number[]
  /** `METHOD target body` of the requests that the service gets. Default: none. */
  readonly backend?: readonly string[]
  /** The connection stays open for more. Default: it is closed. */
  readonly stays?: true
}

const post = (fields: string, body = '') => `POST /p HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`
const chunked = (body: string) => post('Transfer-Encoding: chunked', body)
const get = (fields: string) => `GET /g HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`
/** What an attacker wants to be read as a second request. */
const hidden = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n'
const ended = '0\r\n\r\n'

/** Two ways of framing, or a second one in disguise [James Kettle, "HTTP Desync Attacks", 2019; RFC 9112, 11.2]. */
export const framingRows: readonly SmugglingRow[] = [
  { what: 'CL.TE', sent: post('Content-Length: 6\r\nTransfer-Encoding: chunked', `${ended}${hidden}`), client: [400] },
  { what: 'TE.CL', sent: post('Transfer-Encoding: chunked\r\nContent-Length: 4', `${ended}${hidden}`), client: [400] },
  { what: 'CL.TE in other letters', sent: post('content-length: 6\r\ntransfer-encoding: CHUNKED', `${ended}${hidden}`), client: [400] },
  { what: 'an empty TE with CL', sent: post('Transfer-Encoding:\r\nContent-Length: 4', 'abcd'), client: [400] },
  { what: 'an empty TE', sent: post('Transfer-Encoding:', ended), client: [501] },
  { what: 'TE in HTTP/1.0', sent: `POST /p HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n${ended}`, client: [400] },
  { what: 'chunked', sent: chunked(`4\r\nabcd\r\n${ended}`), client: [200], backend: ['POST /p abcd'], stays: true },
  { what: 'CHUNKED after a tab', sent: post('Transfer-Encoding:\tCHUNKED', ended), client: [200], backend: ['POST /p'], stays: true },
  {
    what: 'chunked on GET',
    sent: `GET /g HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n${ended}`,
    client: [200],
    backend: ['GET /g abcd'],
    stays: true,
  },
  { what: 'a space before the colon of TE', sent: post('Content-Length: 5\r\nTransfer-Encoding : chunked', ended), client: [400] },
  { what: 'a tab before the colon of TE', sent: post('Content-Length: 5\r\nTransfer-Encoding\t: chunked', ended), client: [400] },
  { what: 'a space before TE', sent: post('Content-Length: 5\r\n Transfer-Encoding: chunked', ended), client: [400] },
  { what: 'a space before the colon of CL', sent: post('Content-Length : 4', 'abcd'), client: [400] },
  { what: 'a vertical tab before chunked', sent: post('Transfer-Encoding: \x0bchunked', ended), client: [400] },
  { what: 'a form feed before chunked', sent: post('Transfer-Encoding: \x0cchunked', ended), client: [400] },
  { what: 'NUL before chunked', sent: post('Transfer-Encoding: \0chunked', ended), client: [400] },
  { what: 'a no-break space before chunked', sent: post('Transfer-Encoding: \xa0chunked', ended), client: [501] },
  { what: 'chunked in quotes', sent: post('Transfer-Encoding: "chunked"', ended), client: [501] },
  { what: 'chunked with a parameter', sent: post('Transfer-Encoding: chunked;q=1', ended), client: [501] },
  { what: 'chunked in a list with an empty one', sent: post('Transfer-Encoding: ,chunked', ended), client: [501] },
  { what: 'xchunked', sent: post('Transfer-Encoding: xchunked', ended), client: [501] },
  { what: 'identity', sent: post('Transfer-Encoding: identity', ended), client: [501] },
  { what: 'gzip, chunked', sent: post('Transfer-Encoding: gzip, chunked', ended), client: [501] },
  { what: 'chunked, gzip', sent: post('Transfer-Encoding: chunked, gzip', ended), client: [400] },
  { what: 'chunked twice in a list', sent: post('Transfer-Encoding: chunked, chunked', ended), client: [400] },
  { what: 'TE twice', sent: post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', ended), client: [400] },
  { what: 'TE.TE: chunked, identity', sent: post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', ended), client: [400] },
  { what: 'TE.TE: identity, chunked', sent: post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked', ended), client: [501] },
  { what: 'TE folded', sent: post('Transfer-Encoding:\r\n chunked', ended), client: [400] },
  {
    what: 'TE with _',
    sent: post('Content-Length: 5\r\nTransfer_Encoding: chunked', ended),
    client: [200],
    backend: [`POST /p ${ended.trim()}`],
    stays: true,
  },
  { what: 'two CL', sent: post('Content-Length: 4\r\nContent-Length: 5', 'abcd'), client: [400] },
  { what: 'the same CL twice', sent: post('Content-Length: 4\r\nContent-Length: 4', 'abcd'), client: [400] },
  { what: 'a list of CL', sent: post('Content-Length: 4, 4', 'abcd'), client: [400] },
  { what: 'a negative CL', sent: post('Content-Length: -4', 'abcd'), client: [400] },
  { what: 'a CL with +', sent: post('Content-Length: +4', 'abcd'), client: [400] },
  { what: 'a hexadecimal CL', sent: post('Content-Length: 0x4', 'abcd'), client: [400] },
  { what: 'a CL in two words', sent: post('Content-Length: 4 4', 'abcd'), client: [400] },
  { what: 'an empty CL', sent: post('Content-Length:', 'abcd'), client: [400] },
  { what: 'a CL beyond 64 bits', sent: post('Content-Length: 99999999999999999999999', 'abcd'), client: [400] },
  { what: 'a CL that a double cannot hold', sent: post('Content-Length: 9007199254740993', 'abcd'), client: [400] },
  { what: 'a CL with zeros in front', sent: post('Content-Length: 0004', 'abcd'), client: [200], backend: ['POST /p abcd'], stays: true },
  {
    what: 'a CL that Connection names',
    sent: post('Connection: content-length\r\nContent-Length: 4', 'abcd'),
    client: [200],
    backend: ['POST /p abcd'],
    stays: true,
  },
  {
    what: 'a second request in the body of GET',
    sent: get(`Content-Length: ${hidden.length}`) + hidden,
    client: [200],
    backend: [`GET /g ${hidden.trim()}`],
    stays: true,
  },
]

/** Tricks inside of a chunked body [RFC 9112, 7.1; "Funky chunks", Jeppe Bonde Weikop, 2025]. */
export const chunkRows: readonly SmugglingRow[] = [
  { what: 'a chunk extension', sent: chunked(`4;a=b\r\nabcd\r\n${ended}`), client: [200], backend: ['POST /p abcd'], stays: true },
  { what: 'a bare LF in a chunk extension', sent: chunked(`4;a\nx\r\nabcd\r\n${ended}${hidden}`), client: [400] },
  { what: 'a chunk extension without end', sent: chunked(`4;${'x'.repeat(20_000)}\r\nabcd\r\n${ended}`), client: [413] },
  { what: 'bare LFs between chunks', sent: chunked(`4\nabcd\n0\n\n${hidden}`), client: [400] },
  { what: 'a bare LF after the data', sent: chunked(`4\r\nabcd\n${ended}${hidden}`), client: [400] },
  { what: 'a bare LF at the end', sent: chunked(`4\r\nabcd\r\n0\r\n\n${hidden}`), client: [400] },
  { what: 'a bare CR after the size', sent: chunked(`4\rXabcd\r\n${ended}`), client: [400] },
  { what: 'no end of line after the data', sent: chunked(`4\r\nabcdXX${ended}`), client: [400] },
  { what: 'more data than the size says', sent: chunked(`4\r\nabcde\r\n${ended}`), client: [400] },
  { what: 'a size with 0x', sent: chunked(`0x4\r\nabcd\r\n${ended}`), client: [400] },
  { what: 'a negative size', sent: chunked(`-4\r\nabcd\r\n${ended}`), client: [400] },
  { what: 'a size with +', sent: chunked(`+4\r\nabcd\r\n${ended}`), client: [400] },
  { what: 'a size with _', sent: chunked(`0_4\r\nabcd\r\n${ended}`), client: [400] },
  { what: 'a size beyond 64 bits', sent: chunked(`10000000000000004\r\nabcd\r\n${ended}`), client: [400] },
  { what: 'a space after the size', sent: chunked(`4 \r\nabcd\r\n${ended}`), client: [400] },
  { what: 'a space before the size', sent: chunked(` 4\r\nabcd\r\n${ended}`), client: [400] },
  { what: 'no size', sent: chunked(`\r\nabcd\r\n${ended}`), client: [400] },
  { what: 'framing in the trailers', sent: chunked('4\r\nabcd\r\n0\r\nContent-Length: 3\r\n\r\n'), client: [400] },
  { what: 'garbage after the last chunk', sent: chunked(`4\r\nabcd\r\n${ended}GARBAGE\r\n\r\n`), client: [200], backend: ['POST /p abcd'] },
  {
    what: 'a request after the last chunk',
    sent: chunked(`4\r\nabcd\r\n${ended}${hidden}`),
    client: [200, 200],
    backend: ['POST /p abcd', 'GET /admin'],
    stays: true,
  },
]
