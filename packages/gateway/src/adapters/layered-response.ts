import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ClientResponse } from '../http/client-response.js'

/**
 * A response that a middleware has put fields on already. Node then sets the fields of an answer one by one, and of two with the same name
 * only the last would be left: they have to come as one, with a list of values.
 */
export class LayeredResponse implements ClientResponse {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get headersSent(): boolean {
    return this.#response.headersSent
  }

  get destroyed(): boolean {
    return this.#response.destroyed
  }

  get writableNeedDrain(): boolean {
    return this.#response.writableNeedDrain
  }

  get socket(): Socket | null {
    return this.#response.socket
  }

  get shouldKeepAlive(): boolean {
    return this.#response.shouldKeepAlive
  }

  set shouldKeepAlive(keep: boolean) {
    this.#response.shouldKeepAlive = keep
  }

  writeEarlyHints(hints: { link: string[] }): void {
    this.#response.writeEarlyHints(hints)
  }

  writeHead(status: number, headers: string[]): void {
    this.#response.writeHead(status, withListsOfValues(headers))
  }

  flushHeaders(): void {
    this.#response.flushHeaders()
  }

  write(chunk: Buffer): boolean {
    return this.#response.write(chunk)
  }

  addTrailers(trailers: [string, string][]): void {
    this.#response.addTrailers(trailers)
  }

  end(body?: string, encoding: BufferEncoding = 'utf8'): void {
    this.#response.end(body, encoding)
  }

  once(event: 'drain', listener: () => void): void {
    this.#response.once(event, listener)
  }

  destroy(): void {
    this.#response.destroy()
  }
}

/** Each field where its name first stood, spelled as it was there. */
export function withListsOfValues(headers: readonly string[]): (string | string[])[] {
  const fields = new Map<string, { readonly name: string; readonly values: string[] }>()
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const value = headers[i + 1] as string
    const field = fields.get(name.toLowerCase())
    if (field === undefined) fields.set(name.toLowerCase(), { name, values: [value] })
    else field.values.push(value)
  }
  return [...fields.values()].flatMap(({ name, values }) => [name, values.length === 1 ? (values[0] as string) : values])
}
