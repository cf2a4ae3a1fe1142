/**
 * The two messages of grpc.health.v1, as they travel. [grpc/grpc `doc/health-checking.md`, protobuf encoding, gRPC over HTTP/2]
 *
 * HealthCheckRequest `{ string service = 1 }`, HealthCheckResponse `{ ServingStatus status = 1 }`.
 */
const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const

export type ServingStatus = (typeof servingStatuses)[number]

/** A compressed flag and the length of the message. */
const prefixBytes = 5
const statusTag = 0x08
const serviceTag = 0x0a

/** The request for a service, `''` for the server as a whole, with its prefix. */
export function encodeHealthRequest(service: string): Buffer {
  const name = Buffer.from(service, 'utf8')
  const message = name.length === 0 ? name : Buffer.concat([Buffer.of(serviceTag, ...varint(name.length)), name])
  const prefix = Buffer.alloc(prefixBytes)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** @throws Error for what is no response. */
export function decodeHealthResponse(bytes: Buffer): ServingStatus {
  const length = bytes.length < prefixBytes ? -1 : bytes.readUInt32BE(1)
  const message = bytes.subarray(prefixBytes)
  if (bytes[0] !== 0 || message.length !== length) throw new Error('The health check was answered with no message of grpc.health.v1')
  // A field that is 0 is not sent; fields that are unknown never are, for the message has one.
  if (length === 0) return 'UNKNOWN'
  const status = message[0] === statusTag && length === 2 ? servingStatuses[message[1] ?? -1] : undefined
  if (status === undefined) throw new Error('The health check was answered with an unknown status')
  return status
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
}
