import { and, asc, desc, eq, gte, inArray, lt } from 'drizzle-orm'
import type { RejectionReason, ShipmentEvent } from '../domain/events.ts'
import type { Status } from '../domain/status.ts'
import type { Db } from './database.ts'
import type { Shipment } from './record-event.ts'
import { document, shipment, shipmentEvent, shipmentReader } from './schema.ts'
import type { Document } from './shipment-request.ts'

export type Reader = typeof shipmentReader.$inferSelect

/** What belongs to a shipment besides its row. */
export type ShipmentParts = {
  documents: Document[]
  readers: Reader[]
  /** Why its documents were rejected; empty unless they were. */
  rejection: RejectionReason[]
}

export type ShipmentFilter = {
  accountId: string
  status?: Status | undefined
  externalReference?: string | undefined
  correlationId?: string | undefined
  senderSystem?: string | undefined
  number?: number | undefined
  createdFrom?: Date | undefined
  /** Before this moment. */
  createdTo?: Date | undefined
  /** Only numbers below this one. */
  below?: number | undefined
  limit: number
}

/** A shipment of this account; another's is as good as none. */
export async function findShipment(db: Db, wanted: { id: string; accountId: string }): Promise<Shipment | undefined> {
  const [row] = await db
    .select()
    .from(shipment)
    .where(and(eq(shipment.id, wanted.id), eq(shipment.accountId, wanted.accountId)))
  return row
}

/** Newest first: numbers are given in the order of intake, under a lock. */
export function listShipments(db: Db, filter: ShipmentFilter): Promise<Shipment[]> {
  const equal = ['status', 'externalReference', 'correlationId', 'senderSystem', 'number'] as const
  return db
    .select()
    .from(shipment)
    .where(
      and(
        eq(shipment.accountId, filter.accountId),
        ...equal.map((name) => (filter[name] === undefined ? undefined : eq(shipment[name], filter[name]))),
        filter.createdFrom && gte(shipment.createdAt, filter.createdFrom),
        filter.createdTo && lt(shipment.createdAt, filter.createdTo),
        filter.below === undefined ? undefined : lt(shipment.number, filter.below),
      ),
    )
    .orderBy(desc(shipment.number))
    .limit(filter.limit)
}

/** What belongs to these shipments, in three queries however many they are. */
export async function shipmentParts(db: Db, rows: Shipment[]): Promise<(shipmentId: string) => ShipmentParts> {
  const ids = rows.map((row) => row.id)
  const rejectedIds = rows.filter((row) => row.status === 'rejected').map((row) => row.id)
  const [documents, readers, rejections] = await Promise.all([
    ids.length === 0 ? [] : documentsOfAll(db, ids),
    ids.length === 0 ? [] : readersOfAll(db, ids),
    rejectedIds.length === 0 ? [] : rejectionsOfAll(db, rejectedIds),
  ])
  return (shipmentId) => ({
    documents: documents.filter((each) => each.shipmentId === shipmentId),
    readers: readers.filter((each) => each.shipmentId === shipmentId),
    rejection: rejections.filter((each) => each.shipmentId === shipmentId).flatMap((each) => reasonsOf(each.data)),
  })
}

export async function findDocument(db: Db, shipmentId: string, number: number): Promise<Document | undefined> {
  const [row] = await db
    .select()
    .from(document)
    .where(and(eq(document.shipmentId, shipmentId), eq(document.number, number)))
  return row
}

function documentsOfAll(db: Db, ids: string[]): Promise<Document[]> {
  return db.select().from(document).where(inArray(document.shipmentId, ids)).orderBy(asc(document.number))
}

function readersOfAll(db: Db, ids: string[]): Promise<Reader[]> {
  return db
    .select()
    .from(shipmentReader)
    .where(inArray(shipmentReader.shipmentId, ids))
    .orderBy(asc(shipmentReader.position))
}

function rejectionsOfAll(db: Db, ids: string[]): Promise<{ shipmentId: string; data: unknown }[]> {
  return db
    .select({ shipmentId: shipmentEvent.shipmentId, data: shipmentEvent.data })
    .from(shipmentEvent)
    .where(and(inArray(shipmentEvent.shipmentId, ids), eq(shipmentEvent.type, 'rejected')))
}

/** Only `recordEvent` writes the column, from a `rejected` event. */
function reasonsOf(data: unknown): RejectionReason[] {
  return (data as Extract<ShipmentEvent, { type: 'rejected' }>['data']).reasons
}
