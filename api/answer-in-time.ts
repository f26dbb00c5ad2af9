import { createMiddleware } from 'hono/factory'
import type { ApiEnv } from './api-env.ts'
import { Problem } from './problem.ts'
import { TookTooLong, within } from './within.ts'

const answerWithinMs = 20_000
/** The feed may wait 30 s on purpose. */
const feedWithinMs = 50_000

/** A frozen database must not hold callers for ever. An upload has limits of its own; a stream is bounded until it begins. */
export function answerInTime(limits = { answerWithinMs, feedWithinMs }) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (c.req.method === 'POST' && c.req.path === '/v1/shipments') return next()
    const timeoutMs = c.req.path === '/v1/events' ? limits.feedWithinMs : limits.answerWithinMs
    try {
      await within(timeoutMs, next())
    } catch (error) {
      if (!(error instanceof TookTooLong)) throw error
      throw new Problem('tooSlow', {
        detail: 'The request may still take effect: look before you repeat it.',
        headers: { 'Retry-After': '5' },
        cause: error,
      })
    }
  })
}
