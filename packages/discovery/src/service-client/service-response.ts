import type { Readable } from 'node:stream'

/** Names in lower case. What came several times is an array. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** An answer, whatever its status. */
export interface ServiceResponse<T = unknown> {
  readonly status: number
  readonly headers: ResponseHeaders
  /**
   * Parsed where the response says JSON (`application/json`, `…+json`), a string where it says `text/…`, else a Buffer, as where the body is
   * compressed; `undefined` where there is no body. `T` is what the caller says it is; nothing checks it.
   */
  readonly data: T
}

/** An answer whose body is read as it comes. */
export interface StreamedResponse {
  readonly status: number
  readonly headers: ResponseHeaders
  /** To be read to its end, or destroyed: until then the call counts as under way. It fails where the connection breaks off. */
  readonly body: Readable
}
