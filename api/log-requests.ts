import { randomUUID } from 'node:crypto'
import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import type { Logger } from 'pino'
import type { ApiEnv } from './api-env.ts'

/** Gives each request an id and a line in the log: the route's pattern, never what callers put in it. */
export function logRequests(log: Pick<Logger, 'info'>) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const startedAt = performance.now()
    const requestId = randomUUID()
    c.set('requestId', requestId)
    await next()
    c.header('X-Request-Id', requestId)
    c.header('X-Content-Type-Options', 'nosniff')
    log.info({
      event: 'request',
      method: c.req.method,
      route: routePath(c, -1),
      status: c.res.status,
      ms: Math.round(performance.now() - startedAt),
      requestId,
    })
  })
}
