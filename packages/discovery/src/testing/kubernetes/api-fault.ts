/** Why the API server refuses a request: it answers with it as a `Status` object. */
export interface ApiFault {
  /** The HTTP status. */
  readonly code: number
  /** Machine-readable: `Expired`, `Forbidden`. */
  readonly reason: string
  readonly message: string
  /** Sent as `Retry-After` too. */
  readonly retryAfterSeconds?: number
  /** The slice that it is about. */
  readonly name?: string
}

export class ApiFaultError extends Error {
  readonly fault: ApiFault

  constructor(code: number, reason: string, message: string, name?: string) {
    super(message)
    this.fault = { code, reason, message, ...(name !== undefined && { name }) }
  }
}

/** A fault as the API's `Status`. */
export function statusOf({ code, reason, message, retryAfterSeconds, name }: ApiFault) {
  const details = { name, group: 'discovery.k8s.io', kind: 'endpointslices', retryAfterSeconds }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code }
}

export const resource = 'endpointslices.discovery.k8s.io'

export const faults = {
  unauthorized: () => new ApiFaultError(401, 'Unauthorized', 'Unauthorized'),
  notFound: (name: string) => new ApiFaultError(404, 'NotFound', `${resource} "${name}" not found`, name),
  noSuchPath: () => new ApiFaultError(404, 'NotFound', 'the server could not find the requested resource'),
  methodNotAllowed: () => new ApiFaultError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource'),
  alreadyExists: (name: string) => new ApiFaultError(409, 'AlreadyExists', `${resource} "${name}" already exists`, name),
  conflict: (name: string) =>
    new ApiFaultError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${resource} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      name,
    ),
  badRequest: (message: string) => new ApiFaultError(400, 'BadRequest', message),
  invalid: (message: string) => new ApiFaultError(422, 'Invalid', message),
  unsupportedMediaType: (type: string) =>
    new ApiFaultError(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format (${type}) - accepted media types include: application/merge-patch+json`,
    ),
  tooOld: (revision: number, oldest: number) => new ApiFaultError(410, 'Expired', `too old resource version: ${revision} (${oldest})`),
  continueExpired: () =>
    new ApiFaultError(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    ),
  tooLarge: (revision: number, current: number) =>
    new ApiFaultError(504, 'Timeout', `Too large resource version: ${revision}, current: ${current}`),
  forbidden: (user: string, verb: string, namespace: string | undefined) =>
    new ApiFaultError(
      403,
      'Forbidden',
      `${resource} is forbidden: User "${user}" cannot ${verb} resource "endpointslices" in API group "discovery.k8s.io" ${
        namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
      }`,
    ),
}
