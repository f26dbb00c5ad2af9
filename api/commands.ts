import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { askForPrint, handleManually, recall, recordRead, retry, setUnreadPeriod } from '../db/commands.ts'
import type { CommandResult } from '../db/commands.ts'
import type { Shipment } from '../db/record-event.ts'
import type { Api, ApiEnv } from './api-env.ts'
import { bearer, requireScope } from './auth.ts'
import { futureErrors, limitBody, periodErrors, readerErrors, refuseIfAny } from './body-checks.ts'
import type { ApiDependencies } from './dependencies.ts'
import { ownShipment, shipmentPath } from './own-shipment.ts'
import { Problem } from './problem.ts'
import { problemResponses } from './problem-responses.ts'
import type { ProblemType } from './problem-types.ts'
import { shipmentResource, time, unreadPeriod } from './schemas.ts'
import type { ShipmentResource } from './schemas.ts'
import { readShipmentResource } from './shipment-resource.ts'
import { whyTooLate } from './too-late.ts'
import { within } from './within.ts'

const wakeTimeoutMs = 2_000

const nothing = z.strictObject({})

const readBody = z.strictObject({
  readAt: time.openapi({ description: 'When it was read, with offset.' }),
  reader: z
    .strictObject({
      personId: z.string().optional(),
      organisationId: z.string().optional(),
      name: z.string().optional(),
    })
    .openapi({ description: 'Who read it: exactly one of the three. Stored encrypted.' }),
  system: z.string().min(1).max(100).openapi({ description: 'In which system it was read.' }),
})

const retryBody = z.strictObject({
  handOver: z
    .enum(['happened', 'didNotHappen'])
    .optional()
    .openapi({ description: 'Only for the problem `HandOverUnknown`: whether the printer has the job.' }),
})

const read = command('read', {
  summary: 'The letter was read, says an external system',
  body: readBody,
  late: ['notReadableYet', 'noLongerReadable'],
})
const recallRoute = command('recall', {
  summary: 'Takes the letter back',
  body: nothing,
  late: ['alreadyRead', 'alreadyHandedOver', 'alreadyEnded'],
})
const unreadPeriodRoute = command('unread-period', {
  summary: "Sets the shipment's own unread period; a waiting letter's deadline moves at once",
  body: unreadPeriod,
  late: ['alreadyRead', 'alreadyHandedOver', 'alreadyEnded'],
})
const print = command('print', {
  summary: 'Prints without waiting for the deadline',
  body: nothing,
  late: ['digitalOnly', 'alreadyRead', 'alreadyHandedOver', 'alreadyEnded'],
})
const retryRoute = command('retry', {
  summary: 'Clears the problem and goes on',
  body: retryBody,
  late: ['noProblem', 'handOverAnswerNeeded', 'handOverNotInQuestion'],
})
const handled = command('handled', {
  summary: 'A person has taken care of it outside Postgang',
  body: nothing,
  late: ['alreadyRead', 'alreadyHandedOver', 'alreadyEnded'],
})

export function registerCommands(app: Api, deps: ApiDependencies): void {
  const { db, seal, rules } = deps

  app.openapi(read, async (c) => {
    const { readAt, reader, system } = c.req.valid('json')
    refuseIfAny([...readerErrors(reader, rules), ...futureErrors('/readAt', readAt)])
    const { id, actor } = await named(c, deps)
    const readerSealed = seal.seal(reader.personId ?? reader.organisationId ?? reader.name ?? '')
    const receipt = { readAt: new Date(readAt), system, readerSealed, actor }
    return c.json(await answer(deps, recordRead(db, id, receipt)), 200)
  })

  app.openapi(recallRoute, async (c) => {
    const { id, actor } = await named(c, deps)
    return c.json(await answer(deps, recall(db, id, actor)), 200)
  })

  app.openapi(unreadPeriodRoute, async (c) => {
    const period = c.req.valid('json')
    refuseIfAny(periodErrors(period, { within: '', rules }))
    const { id, actor } = await named(c, deps)
    return c.json(await answer(deps, setUnreadPeriod(db, id, { period, actor })), 200)
  })

  app.openapi(print, async (c) => {
    const { id, actor } = await named(c, deps)
    return c.json(await answer(deps, askForPrint(db, id, actor)), 200)
  })

  app.openapi(retryRoute, async (c) => {
    const { handOver = null } = c.req.valid('json')
    const { id, actor } = await named(c, deps)
    return c.json(await answer(deps, retry(db, id, { handOver, actor })), 200)
  })

  app.openapi(handled, async (c) => {
    const { id, actor } = await named(c, deps)
    return c.json(await answer(deps, handleManually(db, id, actor)), 200)
  })
}

type CommandDescription<Body extends z.ZodType> = { summary: string; body: Body; late: ProblemType[] }

function command<Name extends string, Body extends z.ZodType>(
  name: Name,
  { summary, body, late }: CommandDescription<Body>,
) {
  return createRoute({
    method: 'post',
    path: `/v1/shipments/{id}/${name}`,
    tags: ['Commands'],
    summary,
    middleware: [requireScope('manage'), limitBody] as const,
    security: bearer('manage'),
    request: {
      params: shipmentPath,
      body: { required: !body.safeParse({}).success, content: { 'application/json': { schema: body } } },
    },
    responses: {
      200: {
        description: 'The shipment as it was committed; done before, it stands unchanged',
        content: { 'application/json': { schema: shipmentResource } },
      },
      ...problemResponses(
        'malformedJson',
        'unsupportedMediaType',
        'bodyTooLarge',
        'notFound',
        'statusForbids',
        ...late,
      ),
    },
  })
}

/** The shipment that the path names, and who asks. */
async function named(c: Context<ApiEnv, string, { out: { param: { id: string } } }>, { db }: ApiDependencies) {
  const { accountId, senderSystem: actor } = c.get('caller')
  const { id } = await ownShipment(db, { id: c.req.valid('param').id, accountId })
  return { id, actor }
}

/** Answers from the commit; then the workflow is told to look again, which may fail: reconcile tells it too. */
async function answer(deps: ApiDependencies, command: CommandResult): Promise<ShipmentResource> {
  const result = await command
  if (!result) throw new Problem('notFound')
  if (result.outcome === 'late') throw new Problem(result.late, { detail: whyTooLate(result.late, result.shipment) })
  const [resource] = await Promise.all([readShipmentResource(deps, result.shipment), wake(deps, result.shipment)])
  return resource
}

async function wake({ temporal, log }: ApiDependencies, row: Shipment): Promise<void> {
  try {
    await within(wakeTimeoutMs, temporal.wakeShipment({ shipmentId: row.id, accountId: row.accountId }))
  } catch (error) {
    log.warn({ event: 'wake-failed', shipmentId: row.id, err: error })
  }
}
