import { problemTypes } from './problem-types.ts'
import type { ProblemType } from './problem-types.ts'
import { problem } from './schemas.ts'

/** What every answer behind a key can be. */
const everywhere: ProblemType[] = [
  'malformedRequest',
  'keyMissing',
  'keyUnknown',
  'scopeMissing',
  'invalidRequest',
  'internalError',
  'databaseUnreachable',
  'tooSlow',
]

/** The problems of a route, as OpenAPI wants them: one entry for each HTTP status, naming the codes. */
export function problemResponses(...own: ProblemType[]) {
  const codes = [...new Set([...own, ...everywhere])]
  const statuses = [...new Set(codes.map((code) => problemTypes[code].status))].toSorted((a, b) => a - b)
  return Object.fromEntries(statuses.map((status) => [status, responseOf(codes, status)]))
}

function responseOf(codes: ProblemType[], status: number) {
  const lines = codes
    .filter((code) => problemTypes[code].status === status)
    .map((code) => `\`${code}\`: ${problemTypes[code].title}`)
  return { description: lines.join('. '), content: { 'application/problem+json': { schema: problem } } }
}
