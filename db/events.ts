import { and, asc, eq, getTableColumns, gt, inArray } from 'drizzle-orm'
import type { ShipmentEvent } from '../domain/events.ts'
import type { Db } from './database.ts'
import { accountCounter, shipment, shipmentEvent } from './schema.ts'

export type EventRow = typeof shipmentEvent.$inferSelect
export type AccountEventRow = EventRow & { shipmentNumber: number; externalReference: string | null }

/** Events of a shipment past `afterSeq`, in their order. */
export function eventsOfShipment(db: Db, shipmentId: string, afterSeq: number): Promise<EventRow[]> {
  return db
    .select()
    .from(shipmentEvent)
    .where(and(eq(shipmentEvent.shipmentId, shipmentId), gt(shipmentEvent.seq, afterSeq)))
    .orderBy(asc(shipmentEvent.seq))
}

/** Events of all shipments of an account, in the one order that was fixed at their commit. */
export function eventsOfAccount(
  db: Db,
  wanted: { accountId: string; after: number; limit: number },
): Promise<AccountEventRow[]> {
  return db
    .select({
      ...getTableColumns(shipmentEvent),
      shipmentNumber: shipment.number,
      externalReference: shipment.externalReference,
    })
    .from(shipmentEvent)
    .innerJoin(shipment, eq(shipment.id, shipmentEvent.shipmentId))
    .where(and(eq(shipmentEvent.accountId, wanted.accountId), gt(shipmentEvent.position, wanted.after)))
    .orderBy(asc(shipmentEvent.position))
    .limit(wanted.limit)
}

/** The position of the last event that is committed, for each of the accounts. */
export async function lastPositions(db: Db, accountIds: string[]): Promise<Map<string, number>> {
  const rows = await db
    .select({ accountId: accountCounter.accountId, lastPosition: accountCounter.lastPosition })
    .from(accountCounter)
    .where(inArray(accountCounter.accountId, accountIds))
  return new Map(rows.map((row) => [row.accountId, row.lastPosition]))
}

/** Only `recordEvent` writes these columns, both from one `ShipmentEvent`. */
export function eventOf(row: EventRow): ShipmentEvent {
  return { type: row.type, data: row.data } as ShipmentEvent
}
