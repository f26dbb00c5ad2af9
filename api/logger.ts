import { DrizzleQueryError } from 'drizzle-orm'
import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'

/** Lines of JSON: an event's name and fields. Errors are logged without the values that a query carried. */
export function createLogger(options: { level: string; process: string }, destination?: DestinationStream): Logger {
  const settings = {
    level: options.level,
    base: { process: options.process },
    serializers: { err: errorForLog },
    // Pino copies the message of what lies under this key beside the serialized error.
    errorKey: 'unserialized',
  }
  return destination ? pino(settings, destination) : pino(settings)
}

type LoggedError = { name: string; message: string; code?: string; frames: string[]; cause?: LoggedError }

function errorForLog(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error), frames: [] }
  const { name, message, stack = '' } = error
  return {
    name,
    message: holdsValues(error) ? 'Withheld: it holds values' : message,
    ...('code' in error ? { code: String(error.code) } : {}),
    frames: [...stack.matchAll(/^ {4}at (.+)$/gm)].map(([, frame = '']) => frame),
    ...(error.cause === undefined ? {} : { cause: errorForLog(error.cause) }),
  }
}

/** A query's own message has all its parameters; PostgreSQL's data exceptions (class 22) quote the value. */
function holdsValues(error: Error): boolean {
  return error instanceof DrizzleQueryError || ('code' in error && /^22\w{3}$/.test(String(error.code)))
}
