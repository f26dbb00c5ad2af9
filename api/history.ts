import { createRoute, z } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import type { SSEStreamingApi } from 'hono/streaming'
import type { WorkflowView } from '../adapters/temporal/describe-shipment.ts'
import { eventsOfShipment, lastPositions } from '../db/events.ts'
import type { Shipment } from '../db/record-event.ts'
import type { Api } from './api-env.ts'
import { bearer, requireScope } from './auth.ts'
import type { ApiDependencies } from './dependencies.ts'
import { eventResource } from './event-resource.ts'
import type { EventWatch } from './event-watch.ts'
import { ownShipment, shipmentPath } from './own-shipment.ts'
import { problemResponses } from './problem-responses.ts'
import { shipmentEvent, time } from './schemas.ts'
import { within } from './within.ts'

type HistoryDependencies = ApiDependencies & { watch: EventWatch }

const workflow = z.object({
  runState: z.string(),
  startedAt: time,
  closedAt: time.nullable(),
  stepsDone: z.array(z.object({ step: z.string(), at: time })),
  pending: z.array(z.object({ step: z.string(), attempt: z.number().int(), lastFailure: z.string().nullable() })),
  uiUrl: z.string().nullable().openapi({ description: 'Where operators see the run in the Temporal UI.' }),
})

const history = createRoute({
  method: 'get',
  path: '/v1/shipments/{id}/history',
  tags: ['Events'],
  summary: 'What happened to a shipment, and how its workflow sees it',
  middleware: [requireScope('read')] as const,
  security: bearer('read'),
  request: { params: shipmentPath },
  responses: {
    200: {
      description:
        'All events; the workflow is null, with a reason, when Temporal is down or the run is past retention',
      content: {
        'application/json': {
          schema: z.object({
            events: z.array(shipmentEvent),
            workflow: workflow.nullable(),
            workflowMissing: z
              .object({ reason: z.enum(['unreachable', 'notFound']), detail: z.string() })
              .nullable()
              .openapi({ description: 'Why there is no workflow to show.' }),
          }),
        },
      },
    },
    ...problemResponses('notFound'),
  },
})

const live = createRoute({
  method: 'get',
  path: '/v1/shipments/{id}/events',
  tags: ['Events'],
  summary: 'Every event of a shipment so far, then live',
  description:
    'Server-sent events: `id` is the `seq`, `data` the event as JSON. After a break, send the last `id` as `Last-Event-ID`.',
  middleware: [requireScope('read')] as const,
  security: bearer('read'),
  request: {
    params: shipmentPath,
    headers: z.object({
      'last-event-id': z.string().optional().openapi({ description: 'The `seq` of the last event that was seen.' }),
    }),
  },
  responses: {
    200: { description: 'A stream that goes on', content: { 'text/event-stream': { schema: z.string() } } },
    ...problemResponses('notFound'),
  },
})

const whyMissing = {
  unreachable: 'Temporal does not answer. The events are complete all the same.',
  notFound:
    'Temporal knows no run: it has not begun yet, or is past its retention. The events are complete all the same.',
}

export function registerHistory(app: Api, deps: HistoryDependencies): void {
  app.openapi(history, async (c) => {
    const { accountId } = c.get('caller')
    const { id } = await ownShipment(deps.db, { id: c.req.valid('param').id, accountId })
    const [rows, view] = await Promise.all([eventsOfShipment(deps.db, id, 0), viewOf(deps, id)])
    const events = rows.map((row) => eventResource(row, deps.seal))
    if (!('reason' in view)) return c.json({ events, workflow: view, workflowMissing: null }, 200)
    const { reason } = view
    return c.json({ events, workflow: null, workflowMissing: { reason, detail: whyMissing[reason] } }, 200)
  })

  app.openapi(live, async (c) => {
    const { accountId } = c.get('caller')
    const row = await ownShipment(deps.db, { id: c.req.valid('param').id, accountId })
    const [lastSeen] = /^\d{1,9}$/.exec(c.req.valid('header')['last-event-id'] ?? '') ?? ['0']
    c.header('Cache-Control', 'no-store')
    return streamSSE(c, (stream) => sendEvents(deps, { stream, row, afterSeq: Number(lastSeen) }))
  })
}

async function viewOf({ temporal, log }: ApiDependencies, shipmentId: string): Promise<WorkflowView> {
  try {
    return await within(viewTimeoutMs, temporal.describeShipment(shipmentId))
  } catch (error) {
    log.warn({ event: 'describe-failed', err: error })
    return { reason: 'unreachable' }
  }
}

const viewTimeoutMs = 3_000
/** An SSE comment: proxies close what is silent for long, and a dead connection shows itself on a write. */
const stillHere = ': still here\n\n'
const silentForMs = 15_000
const queryTimeoutMs = 5_000
const afterOutageMs = 1_000

type Sending = { stream: SSEStreamingApi; row: Shipment; afterSeq: number }

/** Every event past `afterSeq` once, in order, until the caller leaves or the process stops. An outage is waited out. */
async function sendEvents(deps: HistoryDependencies, { stream, row, afterSeq }: Sending): Promise<void> {
  const left = new AbortController()
  stream.onAbort(() => left.abort())
  let seen = { seq: afterSeq, position: 0 }
  let saidAt = 0
  while (!left.signal.aborted && !deps.stopping.aborted) {
    const found = await newEvents(deps, row, seen.seq)
    for (const event of found?.events ?? [])
      await stream.writeSSE({ id: String(event.seq), data: JSON.stringify(event) })
    if (found) seen = { seq: found.events.at(-1)?.seq ?? seen.seq, position: found.position }
    if (found?.events.length) saidAt = Date.now()
    else if (Date.now() - saidAt >= silentForMs) {
      await stream.write(stillHere)
      saidAt = Date.now()
    }
    const limits = { timeoutMs: found ? silentForMs : afterOutageMs, signals: [left.signal, deps.stopping] }
    await deps.watch.untilPast({ accountId: row.accountId, position: seen.position }, limits)
  }
}

/** The position is read first: an event that comes after it is found the next time. Undefined while there is an outage. */
async function newEvents({ db, seal, log }: HistoryDependencies, { id, accountId }: Shipment, afterSeq: number) {
  try {
    const positions = await within(queryTimeoutMs, lastPositions(db, [accountId]))
    const rows = await within(queryTimeoutMs, eventsOfShipment(db, id, afterSeq))
    return { position: positions.get(accountId) ?? 0, events: rows.map((row) => eventResource(row, seal)) }
  } catch (error) {
    log.warn({ event: 'events-failed', err: error })
    return undefined
  }
}
