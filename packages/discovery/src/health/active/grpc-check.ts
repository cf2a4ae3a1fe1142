import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { decodeHealthResponse, encodeHealthRequest } from './grpc-health-message.js'
import type { HealthCheck } from './health-monitor.js'

export interface GrpcCheckTarget {
  readonly host: string
  readonly port: number
  /** As the server names it to its health service; `''` for the server as a whole. */
  readonly service: string
  readonly tls: boolean
}

/** A response of grpc.health.v1 has 7 bytes. */
const maxResponseBytes = 1_024
const userAgent = 'hazeljs-health-check'

/**
 * `grpc.health.v1.Health/Check`, which has to be answered with SERVING. Each check opens a connection of its own, and certificates are not
 * verified, for the reasons given at `httpCheck`.
 */
export function grpcCheck({ host, port, service, tls }: GrpcCheckTarget): HealthCheck {
  const origin = `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
  const request = encodeHealthRequest(service)
  return async (signal) => {
    signal.throwIfAborted()
    const session = connect(origin, { rejectUnauthorized: false })
    try {
      const { headers, body } = await ask(session, request, signal)
      assertAnswered(headers, service)
      const status = decodeHealthResponse(body)
      if (status !== 'SERVING') throw new Error(`The health check was answered with ${status}`)
    } finally {
      session.destroy()
    }
  }
}

interface Answer {
  /** Headers and trailers as one: a status without a message stands in the headers. */
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

function ask(session: ClientHttp2Session, request: Buffer, signal: AbortSignal): Promise<Answer> {
  let abort = (): void => undefined
  const answered = new Promise<Answer>((resolve, reject) => {
    abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort)
    session.on('error', reject)
    session.on('close', () => reject(new Error('The connection was closed before the health check was answered')))
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': userAgent,
    })
    const headers: IncomingHttpHeaders = {}
    const chunks: Buffer[] = []
    let bytes = 0
    stream.on('response', (fields) => void Object.assign(headers, fields))
    stream.on('trailers', (fields) => void Object.assign(headers, fields))
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxResponseBytes) reject(new Error(`The health check was answered with more than ${maxResponseBytes} bytes`))
      else chunks.push(chunk)
    })
    stream.on('error', reject)
    stream.on('end', () => resolve({ headers, body: Buffer.concat(chunks) }))
    stream.end(request)
  })
  return answered.finally(() => signal.removeEventListener('abort', abort))
}

function assertAnswered(headers: IncomingHttpHeaders, service: string): void {
  const httpStatus = headers[':status' as keyof IncomingHttpHeaders]
  const code = headers['grpc-status']
  if (code === '0') return
  if (typeof code !== 'string') throw new Error(`The health check was answered with HTTP status ${String(httpStatus)} and no gRPC status`)
  const name = codeNames[Number(code)] ?? `code ${code}`
  throw new Error(`The health check was answered with ${name}${hint(name, service)}`)
}

function hint(name: string, service: string): string {
  if (name === 'UNIMPLEMENTED') return ': the server has no grpc.health.v1 service'
  if (name === 'NOT_FOUND') return `: its grpc.health.v1 service does not know '${service}'`
  return ''
}

/** By code. [grpc/grpc `doc/statuscodes.md`] */
const codeNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const
