import { and, asc, gt, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import type { Db } from './database.ts'
import { document, idempotencyKey, shipment } from './schema.ts'

export type OpenShipment = { id: string; accountId: string; needsWaking: boolean }

/**
 * Open shipments in pages, oldest id first. `needsWaking`: facts are newer than the workflow has seen, or the deadline has
 * passed and nothing moves.
 */
export async function openShipments(db: Db, page: { after: string | null; limit: number }): Promise<OpenShipment[]> {
  const settled = lt(shipment.changedAt, sql`clock_timestamp() - interval '15 seconds'`)
  const unseen = gt(shipment.revision, shipment.seenRevision)
  const overdue = and(
    inArray(shipment.status, ['accepted', 'notified']),
    lt(shipment.printDeadlineAt, sql`clock_timestamp() - interval '30 seconds'`),
    isNull(shipment.problem),
  )
  return db
    .select({
      id: shipment.id,
      accountId: shipment.accountId,
      needsWaking: sql<boolean>`coalesce(${and(settled, or(unseen, overdue))}, false)`,
    })
    .from(shipment)
    .where(and(isNull(shipment.closedAt), page.after ? gt(shipment.id, page.after) : undefined))
    .orderBy(asc(shipment.id))
    .limit(page.limit)
}

/** Closed shipments whose workflow still runs because it missed the last wake-up. */
export async function closedUnseen(db: Db, limit: number): Promise<OpenShipment[]> {
  const rows = await db
    .select({ id: shipment.id, accountId: shipment.accountId })
    .from(shipment)
    .where(
      and(
        isNotNull(shipment.closedAt),
        gt(shipment.revision, shipment.seenRevision),
        lt(shipment.changedAt, sql`clock_timestamp() - interval '15 seconds'`),
        gt(shipment.changedAt, sql`clock_timestamp() - interval '30 days'`),
      ),
    )
    .limit(limit)
  return rows.map((row) => ({ ...row, needsWaking: true }))
}

/** Which of these blobs some row names. */
export async function namedBlobs(db: Db, keys: string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set()
  const originals = await db.select({ key: document.blobKey }).from(document).where(inArray(document.blobKey, keys))
  const converted = await db
    .select({ key: document.pdfBlobKey })
    .from(document)
    .where(inArray(document.pdfBlobKey, keys))
  const letters = await db
    .select({ key: shipment.letterBlobKey })
    .from(shipment)
    .where(inArray(shipment.letterBlobKey, keys))
  return new Set([...originals, ...converted, ...letters].flatMap(({ key }) => (key ? [key] : [])))
}

/** Keys of requests that ended more than 30 days ago, and of uploads that died a day ago. */
export async function forgetOldIdempotencyKeys(db: Db): Promise<void> {
  await db
    .delete(idempotencyKey)
    .where(
      or(
        lt(idempotencyKey.createdAt, sql`clock_timestamp() - interval '30 days'`),
        and(
          isNull(idempotencyKey.shipmentId),
          lt(idempotencyKey.leaseUntil, sql`clock_timestamp() - interval '1 day'`),
        ),
      ),
    )
}
