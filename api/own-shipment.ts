import { z } from '@hono/zod-openapi'
import type { Db } from '../db/database.ts'
import type { Shipment } from '../db/record-event.ts'
import { findShipment } from '../db/shipments.ts'
import { Problem } from './problem.ts'

export const shipmentPath = z.object({
  id: z.uuid().openapi({ param: { name: 'id', in: 'path' }, description: 'Id of the shipment.' }),
})

/** The caller's own shipment. @throws Problem `notFound`, for another account's too. */
export async function ownShipment(db: Db, wanted: { id: string; accountId: string }): Promise<Shipment> {
  const row = await findShipment(db, wanted)
  if (!row) throw new Problem('notFound', { detail: 'This account has no such shipment.' })
  return row
}
