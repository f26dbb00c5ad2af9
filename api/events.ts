import { createRoute, z } from '@hono/zod-openapi'
import { eventsOfAccount, lastPositions } from '../db/events.ts'
import type { Api } from './api-env.ts'
import { bearer, requireScope } from './auth.ts'
import type { ApiDependencies } from './dependencies.ts'
import { accountEventResource } from './event-resource.ts'
import type { EventWatch } from './event-watch.ts'
import { Problem } from './problem.ts'
import { problemResponses } from './problem-responses.ts'
import { accountEvent } from './schemas.ts'

const maxWaitSeconds = 30

const query = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(0)
    .openapi({ description: 'The `next` of the answer before; 0 is the beginning.' }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .max(maxWaitSeconds)
    .default(0)
    .openapi({ description: 'Seconds to wait for an event where there is none yet.' }),
})

const feed = createRoute({
  method: 'get',
  path: '/v1/events',
  tags: ['Events'],
  summary: 'All events of the account, in one order',
  description:
    'The order is fixed at commit: who has seen a position never meets a smaller one later. Read with `wait`, keep `next`, and read on from there: this is how read receipts are learnt of without asking letter by letter.',
  middleware: [requireScope('read')] as const,
  security: bearer('read'),
  request: { query },
  responses: {
    200: {
      description: 'Events past `after`, and where to go on',
      content: {
        'application/json': { schema: z.object({ items: z.array(accountEvent), next: z.number().int() }) },
      },
    },
    ...problemResponses('positionAhead'),
  },
})

export function registerEvents(app: Api, deps: ApiDependencies & { watch: EventWatch }): void {
  const { db, seal, watch, stopping } = deps
  app.openapi(feed, async (c) => {
    const { after, limit, wait } = c.req.valid('query')
    const { accountId } = c.get('caller')
    const read = () => eventsOfAccount(db, { accountId, after, limit })
    let rows = await read()
    if (rows.length === 0) await refuseAhead(deps, { accountId, after })
    if (rows.length === 0 && wait > 0) {
      const signals = [stopping, c.req.raw.signal]
      await watch.untilPast({ accountId, position: after }, { timeoutMs: wait * 1000, signals })
      rows = await read()
    }
    c.header('Cache-Control', 'no-store')
    return c.json(
      { items: rows.map((row) => accountEventResource(row, seal)), next: rows.at(-1)?.position ?? after },
      200,
    )
  })
}

/** After a restore of an older database a reader may be ahead; silence would hide from him what happens until it has caught up. */
async function refuseAhead({ db }: ApiDependencies, { accountId, after }: { accountId: string; after: number }) {
  const last = (await lastPositions(db, [accountId])).get(accountId) ?? 0
  if (after > last)
    throw new Problem('positionAhead', {
      detail: `The last event of this account has the position ${last}. Read again from there, or from before it.`,
      errors: [{ parameter: 'after', code: 'positionAhead', detail: `This must be at most ${last}.` }],
    })
}
