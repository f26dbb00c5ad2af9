import { eq } from 'drizzle-orm'
import type { Db } from '../../db/database.ts'
import { shipment } from '../../db/schema.ts'
import type { ReadingChannel } from './contract.ts'

/** The built-in mailbox: it lives in our own database, so its answer is the row's. */
export function createMailbox({ db }: { db: Db }): ReadingChannel {
  return {
    name: 'mailbox',
    wasRead: async (shipmentId) => {
      const [row] = await db.select({ readAt: shipment.readAt }).from(shipment).where(eq(shipment.id, shipmentId))
      return row?.readAt != null
    },
  }
}
