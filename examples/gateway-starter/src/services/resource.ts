import type { ServiceAnswer, ServiceRequest } from './service.js'

interface Stored {
  readonly id: number
}

/** How one version of a service shows its records, and which ones it takes. */
export interface Shape<T extends Stored> {
  readonly show: (record: T) => object
  /** What a body means; a text says what is wrong with it. */
  readonly read: (body: Readonly<Record<string, unknown>>) => Omit<T, 'id'> | string
}

/** A collection of records behind `GET /`, `POST /`, `GET /:id`, `PUT /:id` and `DELETE /:id`, kept in memory. */
export function serveResource<T extends Stored>(records: Map<number, T>, { show, read }: Shape<T>) {
  const store = (id: number, body: unknown, status: number): ServiceAnswer => {
    const fields = typeof body === 'object' && body !== null ? read(body as Record<string, unknown>) : 'the body has to be a JSON object'
    if (typeof fields === 'string') return { status: 422, body: { error: fields } }
    const record = { ...fields, id } as T
    records.set(id, record)
    return { status, body: { data: show(record) } }
  }

  return ({ method, path, body }: ServiceRequest): ServiceAnswer => {
    if (path === '/') {
      if (method === 'GET') return { status: 200, body: { data: [...records.values()].map(show) } }
      if (method === 'POST') return store(Math.max(0, ...records.keys()) + 1, body, 201)
      return { status: 405, body: { error: `${method} is not possible here` } }
    }
    const id = Number(path.slice(1))
    const record = records.get(id)
    if (record === undefined) return { status: 404, body: { error: `There is nothing at ${path}` } }
    if (method === 'GET') return { status: 200, body: { data: show(record) } }
    if (method === 'PUT') return store(id, body, 200)
    if (method !== 'DELETE') return { status: 405, body: { error: `${method} is not possible here` } }
    records.delete(id)
    return { status: 200, body: { data: show(record) } }
  }
}
