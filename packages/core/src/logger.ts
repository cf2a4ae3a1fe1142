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

/** One JSON object a line: info and debug to standard output, the rest to standard error. */
export const jsonLogger: Logger = {
  debug: (fields, message) => writeLine('debug', fields, message),
  info: (fields, message) => writeLine('info', fields, message),
  warn: (fields, message) => writeLine('warn', fields, message),
  error: (fields, message) => writeLine('error', fields, message),
}

function writeLine(level: Level, fields: object, message: string): void {
  const line = `${JSON.stringify({ level, time: new Date().toISOString(), message, ...fields })}\n`
  if (level === 'info' || level === 'debug') process.stdout.write(line)
  else process.stderr.write(line)
}

/** The same logger, unable to hurt its caller: what it throws is dropped, for there is nowhere left to report it. */
export function guardLogger(logger: Logger): Logger {
  const guard = (level: Level) => (fields: object, message: string) => {
    try {
      logger[level](fields, message)
    } catch {
      // an observer never changes an outcome
    }
  }
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') }
}
