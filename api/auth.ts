import { createMiddleware } from 'hono/factory'
import { findCaller } from '../db/keys.ts'
import type { Db } from '../db/database.ts'
import type { Scope } from '../db/schema.ts'
import type { ApiEnv } from './api-env.ts'
import { Problem } from './problem.ts'

/** Name of the security scheme in the OpenAPI document. */
export const bearerScheme = 'apiKey'
const realm = 'Bearer realm="postgang"'

/** Lets in who carries a key that isn't revoked. @see RFC 6750 */
export function authenticate(db: Db) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const key = /^Bearer +(\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1]
    if (key === undefined)
      throw new Problem('keyMissing', {
        detail: 'Send the header "Authorization: Bearer postgang_..." with a key of your account.',
        headers: { 'WWW-Authenticate': realm },
      })
    const caller = await findCaller(db, key)
    if (!caller)
      throw new Problem('keyUnknown', {
        detail: 'The key is not known, or was revoked. Ask for a new one.',
        headers: { 'WWW-Authenticate': `${realm}, error="invalid_token"` },
      })
    c.set('caller', caller)
    await next()
  })
}

/** Comes after `authenticate`. */
export function requireScope(scope: Scope) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const { scopes } = c.get('caller')
    if (!scopes.includes(scope))
      throw new Problem('scopeMissing', {
        detail: `This needs a key with the scope "${scope}"; this one has ${scopes.map((each) => `"${each}"`).join(', ')}.`,
        headers: { 'WWW-Authenticate': `${realm}, error="insufficient_scope", scope="${scope}"` },
      })
    await next()
  })
}

/** What a route says in the documentation of the scope that it requires. */
export function bearer(scope: Scope): Record<string, string[]>[] {
  return [{ [bearerScheme]: [scope] }]
}
