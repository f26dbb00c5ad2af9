import { and, eq, isNull, lt, or, sql } from 'drizzle-orm'
import type { Db, Tx } from './database.ts'
import { shipment } from './schema.ts'

/** How long an attempt may be silent before the next one may look at the printer itself. */
export const printLeaseMs = 30_000

const until = sql`clock_timestamp() + make_interval(secs => ${printLeaseMs / 1000})`

/** Attempts at one hand-over may overlap; only the holder of the lease acts. */
export async function takePrintLease(db: Db, shipmentId: string, token: string): Promise<boolean> {
  const free = or(isNull(shipment.printLeaseUntil), lt(shipment.printLeaseUntil, sql`clock_timestamp()`))
  const taken = await db
    .update(shipment)
    .set({ printLeaseToken: token, printLeaseUntil: until })
    .where(and(eq(shipment.id, shipmentId), free))
    .returning({ id: shipment.id })
  return taken.length > 0
}

/** Whether the lease is still this attempt's; if so, it lasts on. */
export async function renewPrintLease(db: Db | Tx, shipmentId: string, token: string): Promise<boolean> {
  const renewed = await db
    .update(shipment)
    .set({ printLeaseUntil: until })
    .where(
      and(
        eq(shipment.id, shipmentId),
        eq(shipment.printLeaseToken, token),
        sql`${shipment.printLeaseUntil} > clock_timestamp()`,
      ),
    )
    .returning({ id: shipment.id })
  return renewed.length > 0
}

export async function endPrintLease(db: Db, shipmentId: string, token: string): Promise<void> {
  await db
    .update(shipment)
    .set({ printLeaseToken: null, printLeaseUntil: null })
    .where(and(eq(shipment.id, shipmentId), eq(shipment.printLeaseToken, token)))
}
