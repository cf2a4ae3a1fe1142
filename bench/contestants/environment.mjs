// What every Node contestant is told.
import process from 'node:process'

export const port = Number(process.env.PORT ?? 19000)
export const upstream = process.env.UPSTREAM ?? '127.0.0.1:18080'
export const upstreamHost = upstream.split(':')[0]
export const upstreamPort = Number(upstream.split(':')[1])

/** Idle connections stay open longer than any run, so that no contestant pays for reconnecting. */
export const KEEP_ALIVE_MS = 300_000

export const ready = () => console.log('READY')
