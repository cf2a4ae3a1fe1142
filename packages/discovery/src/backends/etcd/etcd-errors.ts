import { DiscoveryError } from '../../errors.js'

/** The codes of gRPC that etcd's answers carry, of which anything depends. */
export const grpcCode = { notFound: 5, permissionDenied: 7, outOfRange: 11, unavailable: 14, unauthenticated: 16 } as const

const deadlineExceeded = 4

/** etcd took a request and said no. */
export class EtcdRefusal extends Error {
  override readonly name = 'EtcdRefusal'
  readonly endpoint: string
  readonly grpcCode: number

  constructor(endpoint: string, message: string, grpcCode: number) {
    super(message)
    this.endpoint = endpoint
    this.grpcCode = grpcCode
  }

  /** This member cannot answer now; another may. */
  get isOfTheMember(): boolean {
    return this.grpcCode === grpcCode.unavailable || this.grpcCode === deadlineExceeded
  }

  /** A token is missing, has run out, or is older than the last change of users and roles: a new one helps. */
  get wantsToken(): boolean {
    return this.grpcCode === grpcCode.unauthenticated || /user name is empty|auth store is old|invalid auth token/.test(this.message)
  }
}

/** An endpoint did not answer, or answered what no etcd does. */
export class EndpointFailure extends Error {
  override readonly name = 'EndpointFailure'

  constructor(endpoint: string, what: string, options?: ErrorOptions) {
    super(`${endpoint}: ${what}`, options)
  }
}

interface GatewayError {
  readonly message?: unknown
  readonly error?: unknown
  readonly code?: unknown
  readonly grpc_code?: unknown
}

/** The refusal in an answer or in a message of a stream; `undefined` when it is none. Old gateways say `error` and `grpc_code`. */
export function refusalIn(endpoint: string, answer: unknown): EtcdRefusal | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined
  const { message, error, code, grpc_code: oldCode } = answer as GatewayError
  if (typeof error === 'object' && error !== null) return refusalIn(endpoint, error)
  const text = typeof message === 'string' ? message : error
  const number = typeof code === 'number' ? code : oldCode
  return typeof text === 'string' && typeof number === 'number' ? new EtcdRefusal(endpoint, text, number) : undefined
}

/** Why a watch was cancelled, in words of gRPC's client: `rpc error: code = PermissionDenied desc = etcdserver: permission denied`. */
export function refusalOfCancel(endpoint: string, reason: string): EtcdRefusal {
  const [, name, text] = /^rpc error: code = (\w+) desc = (.*)$/s.exec(reason) ?? []
  const codes: Readonly<Record<string, number>> = { PermissionDenied: grpcCode.permissionDenied, Unauthenticated: grpcCode.unauthenticated }
  const message = text ?? reason
  const denied = message.includes('permission denied') ? grpcCode.permissionDenied : grpcCode.unavailable
  return new EtcdRefusal(endpoint, message, codes[name ?? ''] ?? denied)
}

const reach = 'Check that etcd runs and that the endpoints are its client URLs'

interface Asker {
  readonly username: string | undefined
  readonly keyPrefix: string
}

/** What users are told of a failure: where, who, and what to do. */
export function toDiscoveryError(failure: unknown, { username, keyPrefix }: Asker): DiscoveryError {
  if (failure instanceof DiscoveryError) return failure
  const cause = { cause: failure }
  if (!(failure instanceof EtcdRefusal)) {
    const what = failure instanceof Error ? failure.message : String(failure)
    return new DiscoveryError('REGISTRY_UNAVAILABLE', `No etcd endpoint answered: ${what}. ${reach}`, cause)
  }
  const { endpoint, message } = failure
  const user = username === undefined ? 'a client without a username' : `user '${username}'`
  const refused = (advice: string) =>
    new DiscoveryError('REGISTRY_REFUSED', `etcd at ${endpoint} refused ${user} (${message}). ${advice}`, cause)
  if (failure.grpcCode === grpcCode.permissionDenied) {
    const grant = `etcdctl role grant-permission <role> --prefix=true readwrite ${keyPrefix}`
    return refused(`Its role needs the keys under '${keyPrefix}': ${grant} (read suffices where nothing is registered)`)
  }
  if (message.includes('authentication failed')) return refused('Correct username or password')
  if (failure.wantsToken) return refused('Set username and password of an etcd user')
  return new DiscoveryError('REGISTRY_UNAVAILABLE', `etcd at ${endpoint} failed: ${message}`, cause)
}
