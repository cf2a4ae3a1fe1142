import { systemClock } from './clock.js'
import { observe } from './observe.js'

/** The part of a logger that these packages call. pino, console and most others fit as they are. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

type Level = keyof Logger

/** Says nothing. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

function ignore(): void {
  // silence is the purpose
}

/**
 * One JSON object a line, `level`, `time` (ISO 8601) and `message` first: info and debug to standard output, the rest to standard
 * error. Errors among the fields keep name, code, message, stack and cause; fields that JSON cannot hold, such as a cycle, throw.
 */
export const jsonLogger: Logger = {
  debug: (fields, message) => writeLine('debug', fields, message),
  info: (fields, message) => writeLine('info', fields, message),
  warn: (fields, message) => writeLine('warn', fields, message),
  error: (fields, message) => writeLine('error', fields, message),
}

function writeLine(level: Level, fields: object, message: string): void {
  const time = new Date(systemClock.wallTime()).toISOString()
  const line = `${JSON.stringify({ level, time, message, ...fields }, plain)}\n`
  if (level === 'info' || level === 'debug') process.stdout.write(line)
  else process.stderr.write(line)
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause } = value
  return { name, code: 'code' in value ? value.code : undefined, message, stack, cause }
}

/** The same logger, unable to hurt its caller: what it throws, or rejects with, is dropped, for there is nowhere left to report it. */
export function guardLogger(logger: Logger): Logger {
  const guard = (level: Level) => (fields: object, message: string) => observe(() => logger[level](fields, message), ignore)
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') }
}
