import { createRoute, z } from '@hono/zod-openapi'
import { sql } from 'drizzle-orm'
import { livingWorkers } from '../db/workers.ts'
import type { LivingWorker } from '../db/workers.ts'
import type { Api } from './api-env.ts'
import type { ApiDependencies } from './dependencies.ts'
import { time } from './schemas.ts'
import { within } from './within.ts'

const checkTimeoutMs = 3_000
/** Probes wait a second by default, and without Temporal the answer is still that letters can be taken in. */
const temporalTimeoutMs = 500

const dependency = z.object({
  status: z.enum(['ok', 'down']),
  ms: z.number().int().openapi({ description: 'How long the answer took.' }),
})

const ready = z
  .object({
    status: z.enum(['ready', 'notReady']),
    dependencies: z.object({ postgres: dependency, blobStore: dependency, temporal: dependency }),
    workers: z
      .array(
        z.object({
          id: z.string(),
          seenAt: time,
          abilities: z.object({
            taskQueues: z.array(z.string()),
            converts: z.array(z.string()),
            channels: z.array(z.string()),
            printers: z.array(z.string()),
            temporal: z.enum(['connected', 'unreachable']),
          }),
        }),
      )
      .openapi({ description: 'Who has reported in the last 30 seconds, and what they can do.' }),
  })
  .openapi('Readiness')

const liveRoute = createRoute({
  method: 'get',
  path: '/health/live',
  tags: ['Health'],
  summary: 'The process answers',
  security: [],
  responses: {
    200: {
      description: 'It does',
      content: { 'application/json': { schema: z.object({ status: z.literal('live') }) } },
    },
  },
})

const readyRoute = createRoute({
  method: 'get',
  path: '/health/ready',
  tags: ['Health'],
  summary: 'Letters can be taken in',
  description:
    'Needs Postgres and the blob store. With Temporal down letters are taken in all the same, and go on when it is back.',
  security: [],
  responses: {
    200: { description: 'They can', content: { 'application/json': { schema: ready } } },
    503: { description: 'They can not', content: { 'application/json': { schema: ready } } },
  },
})

export function registerHealth(app: Api, deps: ApiDependencies): void {
  app.openapi(liveRoute, (c) => c.json({ status: 'live' as const }, 200))

  app.openapi(readyRoute, async (c) => {
    const [postgres, blobStore, temporal] = await Promise.all([
      check(deps, 'postgres', deps.db.execute(sql`select 1`)),
      check(deps, 'blobStore', deps.blobs.check()),
      check(deps, 'temporal', within(temporalTimeoutMs, deps.temporal.check())),
    ])
    const workers = postgres.status === 'ok' ? await workersSeen(deps) : []
    const isReady = postgres.status === 'ok' && blobStore.status === 'ok'
    const dependencies = { postgres, blobStore, temporal }
    c.header('Cache-Control', 'no-store')
    return isReady
      ? c.json({ status: 'ready' as const, dependencies, workers }, 200)
      : c.json({ status: 'notReady' as const, dependencies, workers }, 503)
  })
}

async function check({ log }: ApiDependencies, name: string, question: PromiseLike<unknown>) {
  const startedAt = performance.now()
  const status = await within(checkTimeoutMs, Promise.resolve(question)).then(
    () => 'ok' as const,
    (error: unknown) => {
      log.warn({ event: 'dependency-down', dependency: name, err: error })
      return 'down' as const
    },
  )
  return { status, ms: Math.round(performance.now() - startedAt) }
}

async function workersSeen({ db, log }: ApiDependencies) {
  const workers = await within(checkTimeoutMs, livingWorkers(db)).catch((error: unknown): LivingWorker[] => {
    log.warn({ event: 'workers-unknown', err: error })
    return []
  })
  return workers.map(({ id, seenAt, abilities }) => ({ id, seenAt: seenAt.toISOString(), abilities }))
}
