import type { Context, ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Logger } from 'pino'
import { BlobMissing } from '../adapters/blobs/contract.ts'
import type { ApiEnv } from './api-env.ts'
import { problemTypes } from './problem-types.ts'
import type { ProblemType } from './problem-types.ts'

/** What is wrong with one field: of the body by JSON Pointer (RFC 6901), of query, path or headers by the parameter's name. */
export type FieldError = { code: string; detail: string } & ({ pointer: string } | { parameter: string })

export type ProblemOptions = {
  /** What is wrong, which, and what to do. */
  detail?: string
  errors?: FieldError[]
  headers?: Record<string, string>
  cause?: unknown
}

/** What is answered instead of a result. */
export class Problem extends Error {
  override name = 'Problem'
  readonly code: ProblemType
  readonly options: ProblemOptions
  constructor(code: ProblemType, options: ProblemOptions = {}) {
    super(options.detail ?? problemTypes[code].title, { cause: options.cause })
    this.code = code
    this.options = options
  }
  get status(): ContentfulStatusCode {
    return problemTypes[this.code].status
  }
}

const retryAfterSeconds = '5'

/** The one way from an error to an answer: RFC 9457, and nothing of what isn't known. */
export function answerErrors(log: Pick<Logger, 'error' | 'warn'>): ErrorHandler<ApiEnv> {
  return (error, c) => {
    const problem = toProblem(error)
    const requestId = c.get('requestId')
    if (problem.code === 'internalError' || problem.code === 'blobMissing')
      log.error({ event: 'request-failed', requestId, err: error })
    else if (problem.status === 503)
      log.warn({ event: 'dependency-unreachable', requestId, code: problem.code, detail: rootCauseOf(error) })
    return answerProblem(c, problem)
  }
}

export function answerProblem(c: Context<ApiEnv>, problem: Problem): Response {
  const { detail, errors, headers } = problem.options
  const body = {
    type: `/problems/${problem.code}`,
    code: problem.code,
    title: problemTypes[problem.code].title,
    status: problem.status,
    ...(detail === undefined ? {} : { detail }),
    ...(errors === undefined ? {} : { errors }),
    requestId: c.get('requestId'),
  }
  return c.body(JSON.stringify(body), problem.status, { ...headers, 'Content-Type': 'application/problem+json' })
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof HTTPException) return fromHttpException(error)
  if (isRequestAborted(error))
    return new Problem('malformedRequest', { detail: 'The connection ended before the body did.', cause: error })
  const headers = { 'Retry-After': retryAfterSeconds }
  if (isDatabaseUnreachable(error))
    return new Problem('databaseUnreachable', {
      detail: 'Nothing was changed, or it can be repeated: try again.',
      headers,
      cause: error,
    })
  if (hasCode(error, unstorable))
    return new Problem('malformedRequest', {
      detail: 'A text holds a character that can not be stored: NUL, or half of a surrogate pair.',
      cause: error,
    })
  if (error instanceof BlobMissing)
    return new Problem('blobMissing', {
      detail: 'A stored file is not there. It must be restored from backup.',
      cause: error,
    })
  return new Problem('internalError', { detail: 'The details are in the log, under the requestId.', cause: error })
}

/** What Hono itself throws; its headers, `WWW-Authenticate` among them, are kept. */
function fromHttpException(error: HTTPException): Problem {
  const headers = Object.fromEntries(error.res?.headers ?? [])
  delete headers['content-type']
  const code = /JSON/.test(error.message) ? 'malformedJson' : codeOfStatus[error.status]
  if (!code) return new Problem('internalError', { headers, cause: error })
  return new Problem(code, { detail: error.message, headers, cause: error })
}

const codeOfStatus: Partial<Record<number, ProblemType>> = {
  400: 'malformedRequest',
  401: 'keyMissing',
  403: 'scopeMissing',
  404: 'notFound',
  413: 'bodyTooLarge',
  415: 'unsupportedMediaType',
}

/**
 * Codes of Node, of postgres.js, and of PostgreSQL: class 08, 57P01-57P03 and 53300, and 57014 for a statement that took too long.
 * @see https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
const unreachable =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|CONNECTION_\w+|CONNECT_TIMEOUT|08\w{3}|57P0[123]|57014|53300)$/

/** character_not_in_repertoire, untranslatable_character, and invalid_text_representation for such a text within JSON. */
const unstorable = /^(22021|22P05|22P02)$/

export function isDatabaseUnreachable(error: unknown): boolean {
  return hasCode(error, unreachable)
}

function hasCode(error: unknown, codes: RegExp): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ('code' in each && codes.test(String(each.code))) return true
    if (each instanceof AggregateError && each.errors.some((one) => hasCode(one, codes))) return true
  }
  return false
}

/** Node's words for a caller who left in the middle of his request. */
function isRequestAborted(error: unknown): boolean {
  return error instanceof Error && error.message === 'aborted' && 'code' in error && error.code === 'ECONNRESET'
}

/** The innermost message: a query's own would carry its values. */
function rootCauseOf(error: unknown): string {
  let each = error
  while (each instanceof Error && each.cause instanceof Error) each = each.cause
  return each instanceof Error ? each.message : String(each)
}
