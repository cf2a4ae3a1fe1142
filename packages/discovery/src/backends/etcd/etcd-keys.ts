/** What a key under the prefix of a service stands for. */
export interface ServiceKey {
  readonly id: string
  /** It says that the instance was deregistered; otherwise it holds the instance. */
  readonly isFarewell: boolean
}

const farewell = '/deregistered'

/**
 * Where the backend keeps what in etcd. Names and ids are escaped, so that each is one segment of a key and no service's prefix opens
 * another's.
 *
 * - `<prefix>services/<name>/<id>`: the instance as JSON
 * - `<prefix>services/<name>/<id>/deregistered`: it left on purpose; ends with the lease that the instance had
 * - `<prefix>ids/<id>`: the name of its service
 */
export class EtcdKeys {
  /** All instances of all services. */
  readonly services: string
  readonly #ids: string

  constructor(prefix: string) {
    this.services = `${prefix}services/`
    this.#ids = `${prefix}ids/`
  }

  /** The prefix of a service's keys. */
  service(name: string): string {
    return `${this.services}${escape(name)}/`
  }

  instance(name: string, id: string): string {
    return this.service(name) + escape(id)
  }

  farewell(name: string, id: string): string {
    return this.instance(name, id) + farewell
  }

  /** Finds the service of an instance. */
  pointer(id: string): string {
    return this.#ids + escape(id)
  }

  /** Of a key under {@link service}; `undefined` where this layout has no such key. */
  read(name: string, key: string): ServiceKey | undefined {
    const rest = key.slice(this.service(name).length)
    const isFarewell = rest.endsWith(farewell)
    const id = isFarewell ? rest.slice(0, -farewell.length) : rest
    return id === '' || id.includes('/') ? undefined : { id: unescape(id), isFarewell }
  }

  /** The service of a key under {@link services}; `undefined` where it holds no instance. */
  serviceOf(key: string): string | undefined {
    const [name, id, ...more] = key.slice(this.services.length).split('/')
    return name === undefined || id === undefined || id === '' || more.length > 0 ? undefined : unescape(name)
  }
}

/** The end of the range of all keys that `prefix`, which ends with a slash, opens: 0 follows / in ASCII. */
export function rangeEnd(prefix: string): string {
  return `${prefix.slice(0, -1)}0`
}

/** Only what would break the layout, so that keys stay readable in etcdctl. */
function escape(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('/', '%2F')
}

function unescape(text: string): string {
  return text.replaceAll('%2F', '/').replaceAll('%25', '%')
}
