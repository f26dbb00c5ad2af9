import type { RulesConfig } from '../config.ts'
import { validateShipment } from '../domain/rules.ts'
import type { ShipmentRequest } from '../domain/shipment.ts'
import { bodyErrors, pointerTo } from './field-errors.ts'
import type { FieldError } from './problem.ts'
import { shipmentRequest } from './schemas.ts'

/** The request, or every error of shape and rules at once: what is readable of a misshapen request is held against the rules too. */
export function checkShipmentRequest(
  body: unknown,
  rules: RulesConfig,
): { request: ShipmentRequest; errors?: undefined } | { request?: undefined; errors: FieldError[] } {
  const parsed = shipmentRequest.safeParse(body)
  if (parsed.success) {
    const errors = brokenRules(parsed.data, rules)
    return errors.length === 0 ? { request: parsed.data } : { errors }
  }
  const paths = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  )
  const readable = shipmentRequest.safeParse(withoutPaths(body, paths))
  const about = paths.map(pointerTo)
  const alsoBroken = readable.success
    ? brokenRules(readable.data, rules).filter((error) => !about.some((pointer) => isWithin(error, pointer)))
    : []
  return { errors: [...bodyErrors(parsed.error.issues, body), ...alsoBroken] }
}

function brokenRules(request: ShipmentRequest, rules: RulesConfig): FieldError[] {
  return validateShipment(request, rules).map(({ pointer, code, message }) => ({ pointer, code, detail: message }))
}

/** What a rule says of a field that has the wrong shape, or of what stands in its place, says nothing of the request. */
function isWithin(error: FieldError, pointer: string): boolean {
  return 'pointer' in error && (error.pointer === pointer || error.pointer.startsWith(`${pointer}/`))
}

/** Takes away what has the wrong shape; what must be there is left empty. */
function withoutPaths(body: unknown, paths: PropertyKey[][]): unknown {
  const copy: unknown = structuredClone(body)
  for (const path of paths) {
    // Half a period can't be held against any rule.
    const [key, ...above] = path[0] === 'unreadPeriod' ? ['unreadPeriod'] : path.toReversed()
    const parent = above.reduceRight<unknown>(partOf, copy)
    if (!isRecord(parent) || key === undefined) continue
    const empty = typeof key === 'number' ? emptyEntries[String(above[0])] : emptyFields[String(key)]
    if (empty === undefined) Reflect.deleteProperty(parent, key)
    else Reflect.set(parent, key, structuredClone(empty))
  }
  return copy
}

type Empty = Partial<Record<string, unknown>>

const emptyDocument = { fileName: '', mimeType: '' }
const emptyFields: Empty = {
  title: '',
  recipient: { name: '' },
  name: '',
  lines: [],
  city: '',
  documents: [],
  ...emptyDocument,
}
const emptyEntries: Empty = { lines: '', documents: emptyDocument, giroPages: 1, visibleTo: '' }

function partOf(value: unknown, key: PropertyKey): unknown {
  return isRecord(value) ? Reflect.get(value, key) : undefined
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
