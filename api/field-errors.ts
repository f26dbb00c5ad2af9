import type { Hook } from '@hono/zod-openapi'
import type { z } from 'zod'
import type { ApiEnv } from './api-env.ts'
import { Problem } from './problem.ts'
import type { FieldError } from './problem.ts'

type Issue = z.core.$ZodIssue
type Where = (path: PropertyKey[]) => { pointer: string } | { parameter: string }

/** What a route's schemas refuse; a path that can't be is a path that isn't there. */
export const refuseInvalid: Hook<unknown, ApiEnv, string, unknown> = (result) => {
  if (result.success) return
  if (result.target === 'param') throw new Problem('notFound', { detail: 'There can be no such path.' })
  const { issues } = result.error
  const errors =
    result.target === 'json' ? bodyErrors(issues, inputOf(result)) : parameterErrors(issues, inputOf(result))
  throw new Problem('invalidRequest', { errors })
}

/** Every error of a body, by JSON Pointer. */
export function bodyErrors(issues: Issue[], body: unknown): FieldError[] {
  return issues.flatMap((issue) => fieldErrors(issue, body, (path) => ({ pointer: pointerTo(path) })))
}

/** Every error of query or headers, by the parameter's name. */
export function parameterErrors(issues: Issue[], parameters: unknown): FieldError[] {
  return issues.flatMap((issue) => fieldErrors(issue, parameters, (path) => ({ parameter: String(path[0] ?? '') })))
}

/** @see RFC 6901 section 3 */
export function pointerTo(path: PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function fieldErrors(issue: Issue, input: unknown, where: Where): FieldError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      ...where([...issue.path, key]),
      code: 'unknownField',
      detail: `There is no field "${key}" here: remove it, or see how it is spelled in the documentation.`,
    }))
  return [{ ...where(issue.path), ...codeAndDetail(issue, valueAt(input, issue.path)) }]
}

function codeAndDetail(issue: Issue, value: unknown): { code: string; detail: string } {
  if (value === undefined) return { code: 'required', detail: 'This is missing.' }
  switch (issue.code) {
    case 'invalid_type':
      return { code: 'wrongType', detail: `This must be ${article(issue.expected)}.` }
    case 'invalid_value':
      return { code: 'unknownValue', detail: `This must be one of ${issue.values.map(String).join(', ')}.` }
    case 'invalid_format':
      return { code: 'invalidFormat', detail: formats[issue.format] ?? `This must have the format ${issue.format}.` }
    case 'too_big':
      return { code: 'tooLarge', detail: `This must be at most ${issue.maximum}.` }
    case 'too_small':
      return { code: 'tooSmall', detail: `This must be at least ${issue.minimum}.` }
    case 'custom':
      return { code: String(issue.params?.code ?? 'invalid'), detail: issue.message }
    default:
      return { code: 'invalid', detail: issue.message }
  }
}

const formats: Partial<Record<string, string>> = {
  uuid: 'This must be a UUID.',
  datetime: 'This must be a time as in ISO 8601, with its offset: 2026-11-24T12:00:00+01:00.',
}

function article(type: string): string {
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type === 'int' ? 'whole number' : type}`.replace(
    'an whole',
    'a whole',
  )
}

function valueAt(input: unknown, path: PropertyKey[]): unknown {
  let value = input
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.entries(value).find(([key]) => key === String(part))?.[1]
  }
  return value
}

/** The validator hands on what was sent, but for its type. */
function inputOf(result: object): unknown {
  return 'data' in result ? result.data : undefined
}
