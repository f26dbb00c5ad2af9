import { createRoute, z } from '@hono/zod-openapi'
import { statuses } from '../domain/status.ts'
import { listShipments } from '../db/shipments.ts'
import type { Api } from './api-env.ts'
import { bearer, requireScope } from './auth.ts'
import { listCursor } from './list-cursor.ts'
import type { ApiDependencies } from './dependencies.ts'
import { ownShipment, shipmentPath } from './own-shipment.ts'
import { problemResponses } from './problem-responses.ts'
import { readShipmentResource, readShipmentResources } from './shipment-resource.ts'
import { shipmentResource, time } from './schemas.ts'

const getOne = createRoute({
  method: 'get',
  path: '/v1/shipments/{id}',
  tags: ['Shipments'],
  summary: 'One shipment',
  middleware: [requireScope('read')] as const,
  security: bearer('read'),
  request: { params: shipmentPath },
  responses: {
    200: { description: 'The shipment', content: { 'application/json': { schema: shipmentResource } } },
    ...problemResponses('notFound'),
  },
})

const moment = time.transform((text) => new Date(text))

const listQuery = z.strictObject({
  status: z.enum(statuses).optional(),
  externalReference: z.string().optional(),
  correlationId: z.string().optional(),
  senderSystem: z.string().optional(),
  number: z.coerce.number().int().min(1).max(2_147_483_647).optional(),
  createdFrom: moment.optional().openapi({ description: 'Made at this moment or later.' }),
  createdTo: moment.optional().openapi({ description: 'Made before this moment.' }),
  after: listCursor.optional().openapi({ description: 'The `next` of the page before.' }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

const list = createRoute({
  method: 'get',
  path: '/v1/shipments',
  tags: ['Shipments'],
  summary: 'Shipments of the account, newest first',
  middleware: [requireScope('read')] as const,
  security: bearer('read'),
  request: { query: listQuery },
  responses: {
    200: {
      description: 'A page of shipments; `next` is null on the last one',
      content: {
        'application/json': { schema: z.object({ items: z.array(shipmentResource), next: z.string().nullable() }) },
      },
    },
    ...problemResponses(),
  },
})

export function registerShipments(app: Api, { db, seal }: ApiDependencies): void {
  app.openapi(getOne, async (c) => {
    const { accountId } = c.get('caller')
    const row = await ownShipment(db, { id: c.req.valid('param').id, accountId })
    return c.json(await readShipmentResource({ db, seal }, row), 200)
  })

  app.openapi(list, async (c) => {
    const { after: below, limit, ...filter } = c.req.valid('query')
    const { accountId } = c.get('caller')
    const rows = await listShipments(db, { ...filter, accountId, below, limit: limit + 1 })
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const next = rows.length > limit && last ? listCursor.encode(last.number) : null
    return c.json({ items: await readShipmentResources({ db, seal }, page), next }, 200)
  })
}
